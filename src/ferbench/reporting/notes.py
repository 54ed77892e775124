"""What stands around the comparison table: what it is of, and what its numbers mean."""

from collections.abc import Iterator

from ferbench.evaluation.statistics.procedure import too_small
from ferbench.markup.markdown import count, percent
from ferbench.reporting.wording import MEANING
from ferbench.results.comparison import Comparison

SOURCES = (
    "Standard deviations of the true error rate, in points, without the chance of single "
    "decisions: between subjects that the same fit decides, between the training sets of folds, "
    "and between seeds on the same fold (moment estimators of variance components, Searle, Casella "
    "& McCulloch 1992). —: this study cannot tell; it takes several seeds for the seed, and "
    "several repeats for the training set. 0.0: too small to be seen here."
)
ENSEMBLES = (
    "Ensemble: a weighted mean of the sequence posteriors of all systems under comparison, or of "
    "one system's seeds, fold by fold. Systems decide together by fits of one seed. Equal weights "
    "are 1 / systems each; nothing is learned. Learned weights are those with the lowest loss on "
    "the validation part, which has chosen the epochs already: *validation data used twice*."
)


def extent(comparison: Comparison, decimals: int) -> str:
    """How much was tested, and what is right by chance; a paragraph to stand above the table."""
    chance, data = comparison.chance, comparison.data
    said = (
        f"{count(comparison.sequences, 'sequence')} of {count(comparison.subjects, 'subject')} and "
        f"{len(comparison.classes)} classes ({', '.join(comparison.classes)}), tested in "
        f"{count(len(comparison.folds), 'fold')}, {count(len(comparison.seeds), 'seed')} each. "
        f"Chance level: {percent(chance.uniform, decimals)}"
        f" % error by guessing evenly, {percent(chance.majority, decimals)} % by always naming the "
        "most frequent class."
    )
    if data.skipped:
        said += (
            f" Skipped: {count(data.skipped, 'sequence')} without a label, of another "
            "class, or of people not in the cohort."
        )
    if data.unusable:
        said += (
            f" {count(data.unusable, 'problem')}: the sequences concerned were **left out**; "
            "`results/preprocess/summary.json` names them."
        )
    if data.frames_with_mesh_landmarks:
        said += f" {data.frames_with_mesh_landmarks:,} frames have landmarks of the face mesh."
    if data.frames_without_a_face:
        said += f" {data.frames_without_a_face:,} frames without a face were dropped."
    return said


def notes(comparison: Comparison, decimals: int) -> Iterator[str]:
    """Paragraphs to stand below the first table."""
    yield _spread(comparison)
    yield _again(comparison)
    yield _detectable(comparison, decimals)
    if len({row.input for row in comparison.systems.values()}) > 1:
        yield (
            "Rows are grouped by input. A difference between architectures of two groups is one of "
            "input *and* architecture, not of architecture alone."
        )
    references = "References are baselines, not competitors."
    if comparison.baselines:
        yield (
            f"{references} `logistic_regression` reads the features of the last frame alone, "
            "`majority` always names the most frequent class of the training part."
        )
    elif comparison.architectures.keys() - comparison.systems:
        yield references
    if comparison.class_weights == "balanced":
        yield (
            "Losses were weighted by class, inversely to its count in the training part. Macro "
            "figures weigh each class the same; the plain error rate weighs each sequence the same."
        )
    if any(row.diverged for row in comparison.architectures.values()):
        yield (
            "A fit diverged when its loss was no longer finite; it stays in the means, with the "
            "best weights from before (epoch 0: as initialised)."
        )


def measures(comparison: Comparison) -> Iterator[str]:
    """Paragraphs to stand below the table of more measures."""
    said = "Pooled: the error rate over all test sequences, whatever their fold"
    if comparison.tests > comparison.sequences:
        said += ", the errors of a sequence that was tested several times averaged first"
    yield f"{said}. {MEANING['interval']}"
    yield (
        "Stopping epochs are those whose weights were kept (lowest validation loss): the median of "
        "all fits, and in brackets the lowest and the highest."
    )


def _spread(comparison: Comparison) -> str:
    folds, seeds = len(comparison.folds), len(comparison.seeds)
    of_seeds = f", each the mean of {seeds} fits with other seeds" if seeds > 1 else ""
    return f"An error rate is the mean over {count(folds, 'fold')}{of_seeds}. " + (
        "± is the standard deviation over the folds (ddof = 1). It is not a standard error."
        if folds > 1
        else "There is one fold, hence no ±."
    )


def _again(comparison: Comparison) -> str:
    fits = "† of these fits on new subjects."
    if not any(row.again for row in comparison.architectures.values()):
        return (
            f"95 % interval: {fits} Of training again this study can say nothing: it has one "
            "subject, shares subjects between folds, or lacks folds of a repeat."
        )
    small = too_small(comparison.subjects)
    return (
        "95 % interval: of the error rate of the architecture, trained again with other seeds and "
        f"on other people; {fits} Rank: its 95 % interval among the architectures compared, from "
        "the same draws. Group: architectures that share a letter are not told apart. What the "
        "numbers rest on: `results/compare/pairs.md`."
        + (" **The study is too small** for the intervals to hold." if small else "")
    )


def _detectable(comparison: Comparison, decimals: int) -> str:
    least, pairs = comparison.detectable.difference, comparison.detectable.pairs
    if least is None:
        return (
            "Detectable difference: none computed, because it needs two systems and two subjects."
        )
    return (
        f"{MEANING['detectable']} Here, with {count(comparison.subjects, 'subject')} and "
        f"{count(pairs, 'pair')} of systems: **{percent(least, decimals)} points**, the largest "
        "of all pairs. The differences themselves: `results/compare/pairs.md`."
    )
