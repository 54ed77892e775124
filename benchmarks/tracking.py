"""How long `track` takes, imports and a new store included: `make track-speed`.

Fits of 30 epochs are made up, in folds of five. Machines differ and are shared, so the figures are
printed and nothing is asserted; tests count statements and requests instead.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from subprocess import DEVNULL, run

import ferbench.determinism

import numpy as np

from ferbench.results.card import Card, read_card
from ferbench.results.comparison import (
    Chance,
    Comparison,
    Detectable,
    Network,
    Pooled,
    Spread,
    write_comparison,
)
from ferbench.results.layout import FIGURES, TABLE_MD
from fits_factory import CLASSES, write_fit
from tracked import code, params, write_data

FITS = (25, 100, 250, 500, 1000)
FOLDS = range(5)
LOSSES = [(1 / epoch, 2 / epoch) for epoch in range(1, 31)]
EACH = 6
"""Test sequences of each class, in each fold."""


def write(folder: Path, count: int) -> list[str]:
    """The study, without what `compare` would take hours for; the names of its architectures."""
    names = [f"lstm{number:03}" for number in range(count // len(FOLDS))]
    decisions = [(label, label) for label in CLASSES] * EACH
    for name in names:
        for fold in FOLDS:
            fit = write_fit(folder / "train", name, fold, decisions=decisions, losses=LOSSES)
    write_comparison(folder, comparison(names, read_card(fit)))
    (folder / TABLE_MD).write_text("# Comparison\n\n**SYNTHETIC**\n")
    for figure in FIGURES:
        (folder / figure).write_text("<svg/>")
    write_data(folder, FOLDS)
    return names


def comparison(names: list[str], card: Card) -> Comparison:
    """Of architectures that are always right."""
    right = Spread.of({fold: [0.0] for fold in FOLDS})
    tests = EACH * len(CLASSES) * len(FOLDS)
    row = Network(
        input=card.input,
        reference=False,
        parameters=card.parameters.trainable,
        stopping_epochs={fold: [card.seeds[1].stopping_epoch] for fold in FOLDS},
        diverged={},
        again=None,
        time={},
        metrics=dict.fromkeys(("error_rate", "macro_error_rate", "frame_error_rate"), right),
        pooled=Pooled(error_rate=0.0, interval=(0.0, 0.0)),
        sequences=tests,
        recall=dict.fromkeys(CLASSES, 1.0),
        confusion=(EACH * len(FOLDS) * np.eye(len(CLASSES), dtype=int)).tolist(),
    )
    return Comparison(
        dataset=card.dataset,
        synthetic=card.synthetic,
        stamps=card.stamps,
        classes=CLASSES,
        data=card.data,
        class_weights="none",
        folds=list(FOLDS),
        seeds=[1],
        k=len(FOLDS),
        sequences=tests,
        subjects=len(FOLDS),
        tests=tests,
        chance=Chance(uniform=5 / 6, majority=5 / 6),
        detectable=Detectable(difference=None, pairs=0),
        architectures=dict.fromkeys(names, row),
        baselines={},
        ensembles={},
    )


def seconds(folder: Path, names: list[str]) -> tuple[float, float]:
    """Of a whole process, from its start to its end; and of processor time."""
    environment = os.environ | {"MLFLOW_TRACKING_URI": ""}
    start, before = time.perf_counter(), os.times()
    run(
        [sys.executable, "-c", code(params(names, "speed", FOLDS), folder)],
        cwd=folder,
        env=environment,
        stdout=DEVNULL,
        check=True,
    )
    after = os.times()
    busy = after.children_user + after.children_system
    return time.perf_counter() - start, busy - before.children_user - before.children_system


def main() -> None:
    """Print the table."""
    print(f"{'fits':>6} {'seconds':>9} {'processor':>10} {'ms a fit':>9} {'again, seconds':>15}")
    for count in FITS:
        with tempfile.TemporaryDirectory() as folder:
            names = write(Path(folder), count)
            (taken, busy), (again, _) = (seconds(Path(folder), names) for _ in range(2))
            print(
                f"{count:6} {taken:9.1f} {busy:10.1f} {1000 * taken / count:9.1f} {again:15.1f}",
                flush=True,
            )


if __name__ == "__main__":
    ferbench.determinism.notice()
    main()
