"""`compare` as the command line calls it, on fits in a folder."""

from collections.abc import Sequence
from pathlib import Path

from ferbench.config.schema import Compare
from ferbench.reporting.figures import FIGURES
from ferbench.steps.compare import compare
from fits_factory import write_baselines

FILES = {
    "table_csv": "table.csv",
    "table_md": "table.md",
    "table_tex": "table.tex",
    "pairs_csv": "pairs.csv",
    "pairs_md": "pairs.md",
    "time_csv": "time.csv",
    "confusion_csv": "confusion.csv",
    "curves_csv": "curves.csv",
    "error_rates": "error_rates.json",
    "metrics": "metrics.json",
}


def outputs(folder: Path) -> dict[str, Path]:
    """By name."""
    drawn = {name: folder / f"{name}.svg" for name in FIGURES}
    return {name: folder / file for name, file in FILES.items()} | drawn


def settings(decimals: int = 1) -> Compare:
    """As in params.yaml, but for the draws, which are few."""
    return Compare(decimals=decimals, bootstrap=200, seed=1)


def run_compare(
    folder: Path, architectures: Sequence[str], folds: Sequence[int], to: Path, decimals: int = 1
) -> dict[str, Path]:
    """Compare `folder`/train, beside which baselines are made; the paths that were written."""
    write_baselines(folder / "baseline", folder / "train")
    return compare_as_it_is(folder, architectures, folds, outputs(to), decimals)


def compare_as_it_is(
    folder: Path,
    architectures: Sequence[str],
    folds: Sequence[int],
    paths: dict[str, Path],
    decimals: int = 1,
) -> dict[str, Path]:
    """Compare `folder`/train with the baselines that lie beside it."""
    compare(
        settings(decimals),
        architectures=architectures,
        folds=folds,
        k=5,
        fits=folder / "train",
        baseline=folder / "baseline",
        **paths,
    )
    return paths
