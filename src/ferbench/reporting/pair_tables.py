"""Every two systems' difference, as CSV for machines and Markdown for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ferbench.evaluation.statistics import MEANING, Discordant, Pair, sentence, shown_p
from ferbench.evaluation.study import Study
from ferbench.markup.markdown import align, stamped
from ferbench.reporting.tables import write_csv

HEADS = (
    *("left", "right", "left minus right, points", "95 % interval", "p (sign-flip)"),
    *("p (corrected t)", "left better", "equal", "right better", "McNemar"),
)


def to_csv(study: Study, path: Path) -> None:
    """One row a pair; shares of 1, empty where there is no number."""
    kinds = (("compared", study.pairs), ("reference", study.against))
    write_csv(COLUMNS, (_flat(study, kind, pair) for kind, pairs in kinds for pair in pairs), path)


COLUMNS = (
    *("dataset", "stamps", "kind", "left", "right", "difference", "low", "high"),
    *("sign_flip_p", "sign_flip_p_holm", "corrected_t", "corrected_t_df", "corrected_t_p"),
    *("left_better", "practically_equal", "right_better"),
    *("mcnemar_left_only", "mcnemar_right_only", "mcnemar_p"),
)


def _flat(study: Study, kind: str, pair: Pair) -> dict[str, Any]:
    values = [
        *(study.card.dataset, " ".join(study.card.stamps), kind, pair.left, pair.right),
        *(pair.difference, *pair.interval, pair.p, pair.adjusted),
        *(pair.nadeau_bengio or (None,) * 3),
        *(pair.posterior or (None,) * 3),
        *(pair.mcnemar or (None,) * 3),
    ]
    return dict(zip(COLUMNS, values, strict=True))


def to_markdown(study: Study) -> str:
    """Stamps, a sentence a pair, the numbers, and what each of them speaks of."""
    return "\n\n".join(_blocks(study)) + "\n"


def _blocks(study: Study) -> Iterator[str]:
    yield "# Differences between systems"
    yield stamped(study.card.stamps, study.card.dataset)
    if not study.pairs and not study.against:
        yield "There are no two systems to compare."
        return
    if study.pairs:
        yield _sentences(study, study.pairs)
        yield _table(study.pairs)
    if study.against:
        yield "## Against the references"
        yield (
            "What a system is worth over a reference. Adjusted by Holm for the comparisons with "
            "that reference alone."
        )
        yield _sentences(study, study.against)
        yield _table(study.against)
    yield "## What the numbers mean"
    said = [text for name, text in MEANING.items() if name != "detectable"]
    said.insert(0, "left minus right: error rate over all test sequences, in points of per cent.")
    yield "\n".join(f"- {text}" for text in said)


def _sentences(study: Study, pairs: Sequence[Pair]) -> str:
    return "\n".join(f"- {sentence(pair, study.people)}" for pair in pairs)


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
