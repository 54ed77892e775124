"""Every two systems' difference, as CSV for machines and Markdown for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ferbench.evaluation.comparison import Evaluation
from ferbench.evaluation.statistics.pairs import Pair
from ferbench.markup.markdown import stamped, to_markdown
from ferbench.reporting.numbers import write_stamped
from ferbench.reporting.wording import MEANING, sentence, shown_p
from ferbench.results.comparison import Comparison
from ferbench.results.layout import PAIRS_CSV, PAIRS_MD

HEADS = (
    *("left", "right", "left minus right, points", "95 % interval", "p"),
    *("95 %, these fits", "p (sign-flip)", "p (corrected t)"),
    *("left better", "equal", "right better", "McNemar"),
)
"""Of the Markdown."""
COLUMNS = (
    *("kind", "left", "right", "difference", "verdict", "again_low", "again_high"),
    *("again_p", "again_p_holm", "low", "high"),
    *("sign_flip_p", "sign_flip_p_holm", "corrected_t", "corrected_t_df", "corrected_t_p"),
    *("left_better", "practically_equal", "right_better"),
    *("mcnemar_left_only", "mcnemar_right_only", "mcnemar_p"),
)
"""Of the CSV: shares of 1, empty where there is no number."""


def write_pairs(evaluation: Evaluation, folder: Path) -> None:
    """Write PAIRS_CSV, one row per pair, and PAIRS_MD, with a sentence for each pair."""
    kinds = (("compared", evaluation.pairs), ("reference", evaluation.against))
    rows = ([kind, *_values(pair)] for kind, pairs in kinds for pair in pairs)
    write_stamped(folder / PAIRS_CSV, evaluation.comparison, COLUMNS, rows)
    text = "\n\n".join(_blocks(evaluation)) + "\n"
    (folder / PAIRS_MD).write_text(text, encoding="utf-8")


def _values(pair: Pair) -> list[object]:
    one = pair.again
    again = (one.verdict, *one.interval, one.p, one.adjusted) if one else (None,) * 5
    return [
        *(pair.left, pair.right, pair.difference, *again),
        *(*pair.interval, pair.p, pair.adjusted),
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
        yield from _compared(evaluation.pairs, comparison)
    if evaluation.against:
        yield "## Against the references"
        yield (
            "Each system against each reference. p is adjusted by Holm for the comparisons with "
            "that reference alone."
        )
        yield from _compared(evaluation.against, comparison)
    yield "## What the numbers mean"
    meanings = [text for name, text in MEANING.items() if name != "detectable"]
    first = "left minus right: error rate over all test sequences, in percentage points."
    yield "\n".join(f"- {text}" for text in [first, *meanings])


def _compared(pairs: Sequence[Pair], comparison: Comparison) -> Iterator[str]:
    """A sentence each, and a table."""
    yield "\n".join(
        f"- {sentence(pair, comparison.subjects, len(comparison.seeds))}" for pair in pairs
    )
    rows = []
    for pair in pairs:
        again = pair.again
        t, posterior, test = pair.nadeau_bengio, pair.posterior, pair.mcnemar
        rows.append(
            [
                *(pair.left, pair.right, f"{100 * pair.difference:+.1f}"),
                *((_ends(again.interval), shown_p(again.adjusted)) if again else ("—", "—")),
                *(_ends(pair.interval), shown_p(pair.adjusted), shown_p(t.p) if t else "—"),
                *([f"{share:.2f}" for share in posterior] if posterior else ["—"] * 3),
                f"{test.left_only} : {test.right_only}, p {shown_p(test.p)}" if test else "—",
            ]
        )
    yield to_markdown([HEADS, *rows], left=2)


def _ends(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"[{100 * low:+.1f}, {100 * high:+.1f}]"
