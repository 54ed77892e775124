"""What stands under the comparison table: what its numbers mean, and what they do not."""

from collections.abc import Iterator, Mapping
from typing import Any

from ferbench.evaluation.statistics import MEANING
from ferbench.markup.markdown import count, percent
from ferbench.paper.statements import CAVEAT, PRINTED

Summary = Mapping[str, Any]

ENSEMBLES = (
    "Ensemble: a weighted mean of the sequence posteriors of all systems under comparison, fold by "
    "fold. Equal weights choose nothing. Learned weights have the lowest "
    "loss on the validation part, which chose the epochs already: *validation data used twice*."
)


def notes(summary: Summary, decimals: int) -> list[str]:
    """Paragraphs, from metrics.json's content."""
    return [
        _sureness(summary),
        _detectable(summary, decimals),
        *_rows_mean(summary),
        "Stopping epochs are those whose weights were kept (lowest validation loss), in the order "
        f"of the folds {', '.join(map(str, summary['folds']))}.",
        *_fits_mean(summary),
    ]


def _sureness(summary: Summary) -> str:
    folds = len(summary["folds"])
    said = (
        f"± is the standard deviation over the {folds} folds (ddof = 1): how far folds lie apart. "
        "It is no measure of how sure the mean is, in either direction."
        if folds > 1
        else "There is one fold, hence no ±."
    )
    said += " Pooled: over all test sequences, whatever their fold"
    if summary["tests"] > summary["sequences"]:
        said += ", the errors of a sequence that was tested several times averaged first"
    return f"{said}. {MEANING['interval']}"


def _detectable(summary: Summary, decimals: int) -> str:
    least, pairs = summary["detectable"]["difference"], summary["detectable"]["pairs"]
    if least is None:
        return "Nothing can be said about differences: that needs two systems and two subjects."
    return (
        f"{MEANING['detectable']} Here, with {count(summary['subjects'], 'subject')} and "
        f"{count(pairs, 'pair')} of systems: **{percent(least, decimals)} points**, for the pair "
        "that shows it worst. How far each two systems differ: `results/compare/pairs.md`."
    )


def _rows_mean(summary: Summary) -> Iterator[str]:
    rows = summary["architectures"].values()
    compared = [row for row in rows if not row["reference"]]
    if len({row["input"] for row in compared}) > 1:
        yield (
            "Rows are grouped by input. A difference between architectures of two groups is one of "
            "input *and* architecture, not of architecture alone."
        )
    networks = any(row["reference"] for row in rows)
    said = ["networks that show what the others owe to something"] if networks else []
    if summary["baselines"]:
        said.append(
            "`logistic_regression` reads the features of the last frame alone, `majority` always "
            "names the most frequent class of the training part"
        )
    if said:
        yield f"References are none of the systems under comparison: {'; '.join(said)}."


def _fits_mean(summary: Summary) -> Iterator[str]:
    if summary["class_weights"] == "balanced":
        yield (
            "Losses were weighted by class, inversely to its count in the training part. Macro "
            "figures weigh each class the same; the plain error rate weighs each sequence the same."
        )
    if any(row["diverged"] for row in summary["architectures"].values()):
        yield (
            "A fit diverged when its loss was no longer finite; it stays in the means, with the "
            "best weights from before (epoch 0: as initialised)."
        )
    if PRINTED.keys() & summary["architectures"].keys():
        yield CAVEAT
