"""How long `track` takes, imports and a new store included: `make track-speed`.

Fits of 30 epochs are made up, in folds of five. Machines differ and are shared, so the figures are
printed and nothing is asserted; tests count statements and requests instead.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from subprocess import DEVNULL, run
from typing import Any

from ferbench.reporting.figures import FIGURES
from fits_factory import CLASSES, write_fit
from tracked import paths, write_data

FITS = (25, 100, 250, 500, 1000)
FOLDS = range(5)
LOSSES = [(1 / epoch, 2 / epoch) for epoch in range(1, 31)]
ROW = {"mean": 0.0, "std": 0.0, "folds": {str(fold): 0.0 for fold in FOLDS}}


def write(folder: Path, count: int) -> list[str]:
    """The study, without what `compare` would take hours for; the names of its architectures."""
    names = [f"lstm{number:03}" for number in range(count // len(FOLDS))]
    decisions = [(label, label) for label in CLASSES] * 6
    for name in names:
        for fold in FOLDS:
            write_fit(folder / "train", name, fold, decisions=decisions, losses=LOSSES)
    row = {
        "parameters": 73686,
        "stopping_epochs": {str(fold): len(LOSSES) for fold in FOLDS},
        "diverged": [],
        "pooled": {"error_rate": 0.0, "interval": [0.0, 0.0]},
        "recall": dict.fromkeys(CLASSES, 1.0),
        **dict.fromkeys(("error_rate", "macro_error_rate", "frame_error_rate", "macro_f1"), ROW),
    }
    summary: dict[str, Any] = {"dataset": "cohn_kanade", "stamps": ["SYNTHETIC"]}
    summary |= {"folds": list(FOLDS), "architectures": dict.fromkeys(names, row)}
    (folder / "metrics.json").write_text(json.dumps(summary))
    (folder / "table.md").write_text("# Comparison\n\n**SYNTHETIC**\n")
    for name in FIGURES:
        (folder / f"{name}.svg").write_text("<svg/>")
    write_data(folder, FOLDS)
    return names


def seconds(folder: Path, names: list[str]) -> tuple[float, float]:
    """Of a whole process, from its start to its end; and of processor time."""
    given = {name: str(path) for name, path in paths(folder).items()}
    code = (
        "from pathlib import Path; from ferbench.steps.track import track;"
        "from ferbench.config.schema import Track;"
        f"paths = {{name: Path(path) for name, path in {given!r}.items()}};"
        f"track(Track(experiment='speed'), architectures={names}, folds={list(FOLDS)}, **paths)"
    )
    environment = os.environ | {"MLFLOW_TRACKING_URI": ""}
    start, before = time.perf_counter(), os.times()
    run([sys.executable, "-c", code], cwd=folder, env=environment, stdout=DEVNULL, check=True)
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
    main()
