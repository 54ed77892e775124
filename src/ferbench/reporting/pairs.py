"""Every two systems' difference, as CSV for machines and Markdown for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ferbench.evaluation.comparison import Evaluation
from ferbench.evaluation.statistics import Discordant, Pair
from ferbench.io.files import write_table
from ferbench.markup.markdown import align, stamped
from ferbench.reporting.wording import MEANING, sentence, shown_p
from ferbench.results.layout import PAIRS_CSV, PAIRS_MD

HEADS = (
    *("left", "right", "left minus right, points", "95 % interval", "p (sign-flip)"),
    *("p (corrected t)", "left better", "equal", "right better", "McNemar"),
)
"""Of the Markdown."""
COLUMNS = (
    *("dataset", "stamps", "kind", "left", "right", "difference", "low", "high"),
    *("sign_flip_p", "sign_flip_p_holm", "corrected_t", "corrected_t_df", "corrected_t_p"),
    *("left_better", "practically_equal", "right_better"),
    *("mcnemar_left_only", "mcnemar_right_only", "mcnemar_p"),
)
"""Of the CSV: shares of 1, empty where there is no number."""


def write_pairs(evaluation: Evaluation, folder: Path) -> None:
    """Write PAIRS_CSV, a row a pair, and PAIRS_MD, with a sentence a pair and what it means."""
    comparison = evaluation.comparison
    common = (comparison.dataset, " ".join(comparison.stamps))
    kinds = (("compared", evaluation.pairs), ("reference", evaluation.against))
    rows = ([*common, kind, *_values(pair)] for kind, pairs in kinds for pair in pairs)
    write_table(folder / PAIRS_CSV, COLUMNS, rows)
    text = "\n\n".join(_blocks(evaluation)) + "\n"
    (folder / PAIRS_MD).write_text(text, encoding="utf-8")


def _values(pair: Pair) -> list[object]:
    return [
        *(pair.left, pair.right, pair.difference, *pair.interval, pair.p, pair.adjusted),
        *(pair.nadeau_bengio or (None,) * 3),
        *(pair.posterior or (None,) * 3),
        *(pair.mcnemar or (None,) * 3),
    ]


def _blocks(evaluation: Evaluation) -> Iterator[str]:
    comparison = evaluation.comparison
    yield "# Differences between systems"
    yield stamped(comparison.stamps, comparison.dataset)
    if not evaluation.pairs and not evaluation.against:
        yield "There are no two systems to compare."
        return
    if evaluation.pairs:
        yield _sentences(evaluation.pairs, comparison.subjects)
        yield _table(evaluation.pairs)
    if evaluation.against:
        yield "## Against the references"
        yield (
            "Each system against each reference. p is adjusted by Holm for the comparisons with "
            "that reference alone."
        )
        yield _sentences(evaluation.against, comparison.subjects)
        yield _table(evaluation.against)
    yield "## What the numbers mean"
    meanings = [text for name, text in MEANING.items() if name != "detectable"]
    first = "left minus right: error rate over all test sequences, in percentage points."
    yield "\n".join(f"- {text}" for text in [first, *meanings])


def _sentences(pairs: Sequence[Pair], subjects: int) -> str:
    return "\n".join(f"- {sentence(pair, subjects)}" for pair in pairs)


def _table(pairs: Sequence[Pair]) -> str:
    rows = [list(HEADS)]
    for pair in pairs:
        low, high = pair.interval
        t, posterior, counts = pair.nadeau_bengio, pair.posterior, pair.mcnemar
        rows.append(
            [
                *(pair.left, pair.right, f"{100 * pair.difference:+.1f}"),
                f"[{100 * low:+.1f}, {100 * high:+.1f}]",
                *(shown_p(pair.adjusted), shown_p(t.p) if t else "—"),
                *([f"{share:.2f}" for share in posterior] if posterior else ["—"] * 3),
                _counts(counts) if counts else "—",
            ]
        )
    return align(rows, left=2)


def _counts(test: Discordant) -> str:
    return f"{test.left_only} : {test.right_only}, p {shown_p(test.p)}"
