"""`compare` as the command line calls it, on fits in a folder."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import PIPE

from ferbench.config.params import load
from ferbench.config.schema import Compare, Params
from ferbench.evaluation.comparison import Evaluation, evaluate
from ferbench.results.baselines import read_baselines
from ferbench.results.fits import read_all
from ferbench.steps.compare import compare
from fits_factory import INPUTS, write_baselines

PARAMS = Path(__file__).parents[2] / "params.yaml"


def settings(architectures: Sequence[str], folds: Sequence[int], decimals: int = 1) -> Params:
    """As params.yaml, but of these fits, and with few draws."""
    groups: dict[str, dict[str, dict[str, int]]] = {"features": {}, "crops": {}}
    for name in architectures:
        groups[INPUTS.get(name, "features")][name] = {}
    compare = Compare(decimals=decimals, bootstrap=200, seed=1)
    changed = {"architectures": groups, "folds": list(folds), "compare": compare}
    return load(PARAMS).model_copy(update=changed)


def in_another_process(code: str, folder: Path, src: str = "", **environment: str) -> str:
    """Run Python on a folder, `folder` in the code, with these helpers; returns what it prints."""
    code = f"import sys; from pathlib import Path; folder = Path(sys.argv[1]); {code}"
    paths = filter(None, [src, str(Path(__file__).parent), os.environ.get("PYTHONPATH")])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.run(command, env=environment, check=True, stdout=PIPE, text=True).stdout


def evaluated(fits: Path, architectures: Sequence[str], folds: Sequence[int]) -> Evaluation:
    """The evaluation of fits, beside which baselines are made."""
    write_baselines(fits / "baseline", fits)
    found = read_all(fits, architectures, folds)
    params = settings(architectures, folds).compare
    return evaluate(found, read_baselines(fits / "baseline", found), params, k=5)


def run_compare(
    folder: Path, architectures: Sequence[str], folds: Sequence[int], to: Path, decimals: int = 1
) -> Path:
    """Compare `folder`/train, beside which baselines are made; returns `to`."""
    write_baselines(folder / "baseline", folder / "train")
    compare_as_it_is(folder, architectures, folds, to, decimals)
    return to


def compare_as_it_is(
    folder: Path, architectures: Sequence[str], folds: Sequence[int], to: Path, decimals: int = 1
) -> None:
    """Compare `folder`/train with the baselines that lie beside it."""
    params = settings(architectures, folds, decimals)
    compare(params, fits=folder / "train", baseline=folder / "baseline", to=to)
