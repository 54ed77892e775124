"""Before a run: what a study of that size can find, how many people it takes, and how long."""

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from ferbench.config.schema import Params
from ferbench.evaluation.statistics.power import Size, detectable, power, subjects_needed
from ferbench.evaluation.statistics.procedure import too_small
from ferbench.markup.markdown import percent, to_markdown
from ferbench.results.card import read_card
from ferbench.results.layout import CARD, FIT

SEEDS = (1, 3, 5)
ERROR = 0.25  # of both architectures, a share, where nothing else is said


def study_plan(params: Params, size: Size, difference: float, error: float = ERROR) -> str:
    """Markdown: what is found with so many subjects and seeds, and about how long the fits take.

    `difference` and `error` are shares. Times are those of the fits in logs/ of the working folder.
    """
    return "\n\n".join(_blocks(params, size, difference, error)) + "\n"


def _blocks(params: Params, size: Size, difference: float, error: float) -> Iterator[str]:
    systems = len(params.names)
    pairs = max(1, systems * (systems - 1) // 2)
    points = percent(difference, 1)
    yield (
        f"{size.subjects} subjects, {size.sequences:g} sequences each, {size.repeats} x {size.k} "
        f"folds, about {percent(error, 0)} % error. Trained again and on other people, as "
        "`ferbench compare` tests it; two-sided, 5 %."
    )
    heads = ["seeds", "smallest difference, points", f"all {pairs} pairs"]
    heads += [f"{points} points found, %", "subjects needed"]
    rows = [heads]
    for seeds in sorted({*SEEDS, size.seeds}):
        planned = size._replace(seeds=seeds)
        needed = subjects_needed(difference, planned, error)
        rows.append(
            [
                str(seeds),
                percent(detectable(planned, error), 1),
                percent(detectable(planned, error, comparisons=pairs), 1),
                percent(power(difference, planned, error), 0),
                "no number is enough" if needed is None else f"{needed:,}",
            ]
        )
    yield to_markdown(rows, left=0)
    yield (
        "Smallest difference: what 80 % of studies find, for one pair, and for the smallest p of "
        f"all pairs. Subjects needed: to find {points} points in 80 % of studies, one pair. It is "
        "assumed that two architectures err on the same sequences with a correlation of 0.6, and "
        "that fits differ as they did on synthetic data. Take the numbers for about right."
    )
    if too_small(size.subjects):
        yield f"**{size.subjects} subjects are too few**: intervals are not known to hold."
    yield _time(params, size)


def _time(params: Params, size: Size) -> str:
    """About how long all fits take, one after another, from those measured by Snakemake."""
    folds = size.k * size.repeats
    total, unknown = 0.0, []
    for name in params.names:
        measured = [*_seconds(name)]
        if measured:
            total += fmean(measured) * size.seeds * folds
        else:
            unknown.append(name)
    if unknown:
        return (
            f"How long it takes is not known: logs/ has no measured fit of {', '.join(unknown)}. "
            "Run one, for example `snakemake --cores 1 results/train/lstm/fold-0/card.json`."
        )
    fits = len(params.names) * folds * size.seeds
    return (
        f"{fits:,} fits of {size.seeds} seeds: about {total / 60:.0f} minutes on one core, by the "
        "fits that were measured here; people and sequences as in those."
    )


def _seconds(architecture: str) -> Iterator[float]:
    """Of one fit, for each measured job: the job's time over its seeds, start-up included."""
    for log in sorted(Path("logs/train", architecture).glob("fold-*.tsv")):
        fold = log.stem.removeprefix("fold-")
        job = Path("results/train", FIT.format(architecture=architecture, fold=fold))
        if (job / CARD).is_file():
            seconds = float(log.read_text(encoding="utf-8").splitlines()[1].split("\t")[0])
            yield seconds / len(read_card(job).seeds)
