"""The numbers of a comparison, checked without all of its fits."""

import filecmp
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ferbench.evaluation.metrics import METRICS
from ferbench.evaluation.summary import errors_by_share
from ferbench.reporting.tables import write_tables
from ferbench.results.baselines import read_baselines
from ferbench.results.comparison import Comparison, Row, Spread, read_comparison
from ferbench.results.fits import Fit, read_job
from ferbench.results.layout import CARD
from ferbench.results.predictions import SHARES, PartPredictions
from ferbench.verification.file_checks import COMPARE, METRICS_JSON, Problem, restore


def contradictions(project: Path, again: Mapping[str, Path], decimals: int) -> Iterator[Problem]:
    """Where the comparison contradicts itself, or a fit that was made again.

    The tables follow from metrics.json, its means and standard deviations from its folds, and the
    numbers of a fold from its fit and its baselines, if these are among the files made `again`.
    """
    try:
        comparison = read_comparison(project / COMPARE)
        yield from _tables(project, comparison, decimals)
        texts = [*_wrong_spreads(comparison)]
        for path in again.values():
            if path.name == CARD:
                job = read_job(path.parent)
                texts += _of_fold(comparison, job, path.parents[3] / "baseline")
        for text in texts:
            yield Problem(METRICS_JSON, f"{text}; {restore(METRICS_JSON)}")
    except (OSError, ValueError, KeyError) as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        yield Problem(METRICS_JSON, f"not as compare writes it ({why}); {restore(METRICS_JSON)}")


def _tables(project: Path, comparison: Comparison, decimals: int) -> Iterator[Problem]:
    with TemporaryDirectory(prefix="ferbench-tables-") as folder:
        write_tables(comparison, Path(folder), decimals)
        for made in sorted(Path(folder).iterdir()):
            present = project / (name := f"{COMPARE}/{made.name}")
            if present.is_file() and not filecmp.cmp(present, made, shallow=False):
                yield Problem(name, f"does not follow from {METRICS_JSON}; {restore(name)}")


def _wrong_spreads(comparison: Comparison) -> Iterator[str]:
    """Where a mean, or a standard deviation, is not that of the folds beside it."""
    references = {**comparison.baselines, **comparison.ensembles}
    rows: dict[str, Row] = {**comparison.architectures, **references}
    spreads = {f"{key} of {name}": one for name in rows for key, one in rows[name].metrics.items()}
    for name, network in comparison.architectures.items():
        spreads |= {f"{share} of the frames of {name}": one for share, one in network.time.items()}
    for what, spread in spreads.items():
        if Spread.of(spread.folds) != spread:
            yield f"{what}: mean or standard deviation is not that of its folds"


def _of_fold(comparison: Comparison, fits: Sequence[Fit], baselines: Path) -> Iterator[str]:
    """Numbers of a fold that are not those of its fits, and of its baselines."""
    card = fits[0].card
    name, fold = card.architecture, card.fold
    network = comparison.architectures[name]
    pairs: dict[str, tuple[object, object]] = {
        f"{share} of the frames of {name}": (network.time[share].folds[fold], errors)
        for share, errors in zip(SHARES, errors_by_share(fits), strict=True)
    }
    epochs = [fit.trained.stopping_epoch for fit in fits]
    pairs[f"stopping epochs of {name}"] = network.stopping_epochs[fold], epochs
    pairs[f"parameters of {name}"] = network.parameters, card.parameters.trainable
    parts: dict[str, tuple[Row, list[PartPredictions]]] = {
        name: (network, [fit.test for fit in fits])
    }
    for baseline, of_folds in read_baselines(baselines, {name: {fold: fits}}).items():
        parts[baseline] = comparison.baselines[baseline], of_folds[fold]
    for whose, (row, tested) in parts.items():
        for key, spread in row.metrics.items():
            found = [METRICS[key].measure(part) for part in tested]
            pairs[f"{key} of {whose}"] = spread.folds[fold], found
    for what, (written, made) in pairs.items():
        if written != made:
            yield f"{what}, fold {fold}: {written}, but {made} when it was made again"
