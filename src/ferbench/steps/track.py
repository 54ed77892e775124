"""The mirror of the finished fits in MLflow. The files are the truth; this can be made again."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Params
from ferbench.io.files import existing, publish, sha256, write_json
from ferbench.results import layout
from ferbench.results.comparison import Comparison, read_comparison
from ferbench.results.fits import Fits, every, read_all
from ferbench.results.parts import read_fold
from ferbench.results.predictions import summed
from ferbench.tracking import store
from ferbench.tracking.contents import jobs
from ferbench.tracking.job import FoldData, Job, Shared
from ferbench.tracking.mirror import NOTE, update
from ferbench.tracking.page import illustrated, note, page, view

AGAIN = "; the results are safe, run the same command again to complete the mirror"


def track(params: Params, *, data: Path, split: Path, fits: Path, compare: Path, to: Path) -> None:
    """Make MLflow show a run for each architecture and, nested in it, one for each of its folds.

    The store is `sqlite:///mlflow.db` unless MLFLOW_TRACKING_URI names another. Runs that are there
    already with the same content are left alone; others are superseded, and those of fits that
    params.yaml no longer lists are archived. The next call completes a mirror that was broken off.

    Args:
        params: all of params.yaml; `track` names the experiment.
        data: folder of `preprocess`; the runs hold the digest of its arrays.
        split: folder of `split`; the same of the folds.
        fits: folder of `train`.
        compare: folder of `compare`; table, figures and numbers go with every architecture's run.
        to: folder for receipt.json: the runs, with the fingerprint of each; no run ids.

    Raises:
        ValueError: a fit or a file of `compare` is missing, broken or of other fits.
        OSError: MLflow failed; nothing but the receipt is missing then.
    """
    finished = read_all(fits, params.names, params.folds)
    comparison = _comparison(compare, finished)
    names = (layout.TABLE_MD, *layout.FIGURES, layout.METRICS)
    files = [existing(compare / name, "ferbench compare") for name in names]
    of_folds = _data(data, split, params.folds, comparison)
    wanted = list(jobs(finished, comparison, of_folds, _matrix))
    name = "-".join([params.track.experiment, comparison.dataset, *comparison.stamps])
    where = _mirror(name, comparison, wanted, Shared(files, note(compare / layout.TABLE_MD)))
    _write_receipt(to, name, wanted)
    print(f"MLflow: {len(wanted)} runs in experiment {name}; to look at them: {where}")


def _comparison(folder: Path, fits: Fits) -> Comparison:
    """What metrics.json says; ValueError unless it is of these fits."""
    comparison = read_comparison(folder)
    rows = comparison.architectures.items()
    compared = {name: (row.stopping_epochs, row.confusion) for name, row in rows}
    finished = {
        name: (
            {k: [fit.trained.stopping_epoch for fit in job] for k, job in of_one.items()},
            summed(fit.test for fit in every(of_one)).tolist(),
        )
        for name, of_one in fits.items()
    }
    if compared != finished:
        raise ValueError(f"{folder / layout.METRICS}: of other fits; run `ferbench compare` again")
    return comparison


def _data(
    data: Path, split: Path, folds: Sequence[int], comparison: Comparison
) -> dict[int, FoldData]:
    """What the fits of each fold were trained and tested on."""
    names = (layout.FRAMES, layout.LANDMARKS)
    arrays = [existing(data / name, "ferbench preprocess") for name in names]
    digests = b"".join(bytes.fromhex(sha256(path)) for path in arrays)
    name = " ".join([comparison.dataset, *comparison.stamps])

    def of_fold(fold: int) -> FoldData:
        profile = {
            part: {"sequences": len(one.sequences), "subjects": len(one.subjects)}
            for part, one in read_fold(split, fold).parts.items()
        }
        digest = sha256(digests + (split / layout.FOLD.format(fold=fold)).read_bytes())
        return FoldData(name, digest, str(arrays[0]), fold, profile)

    return {fold: of_fold(fold) for fold in folds}


def _matrix(counts: NDArray[np.intp], classes: Sequence[str], title: str) -> str:
    """SVG of a confusion matrix. A mirror that has all of them already imports no matplotlib."""
    from ferbench.reporting.figures.confusion import svg

    return svg(counts, classes, title)


def _mirror(name: str, comparison: Comparison, wanted: Sequence[Job], shared: Shared) -> str:
    """Make the experiment hold the runs; the page or the command that shows them."""
    tags = {"dataset": comparison.dataset, "data": " ".join(comparison.stamps) or "real"}
    tags |= {"mlflow.experimentKind": "custom_model_development", **view()}
    uri = store.address()
    with store.opened(uri, AGAIN) as (client, writer):
        experiment = store.experiment(client, name, tags)
        runs = update(client, experiment, wanted, shared, writer)
        store.describe(client, experiment, NOTE, illustrated(shared.note, runs[wanted[0].key]))
    remote = uri.startswith("http")
    return page(store.public(uri, uri), experiment) if remote else "ferbench ui"


def _write_receipt(to: Path, experiment: str, wanted: Sequence[Job]) -> None:
    """A receipt with the same content keeps its time, by which Snakemake compares files."""
    content = {"experiment": experiment, "runs": {job.key: job.fingerprint for job in wanted}}
    before = to / layout.RECEIPT
    with publish(to, *layout.TRACK) as folder:
        after = folder / layout.RECEIPT
        write_json(after, content)
        if before.is_file() and before.read_bytes() == after.read_bytes():
            shutil.copystat(before, after)
