"""What is to be verified: which fits are drawn, and what they can be held against."""

import random
import secrets
from pathlib import Path
from typing import NamedTuple

from ferbench.config.params import load
from ferbench.config.schema import Params
from ferbench.results.layout import CARD, FIT, outputs
from ferbench.verification import dvc_lock, file_checks
from ferbench.verification.file_checks import COMPARE, METRICS_JSON


class Plan(NamedTuple):
    """What is to be verified, and how; fits are named by their folders in the project."""

    project: Path
    params: Params
    record: dvc_lock.Record
    fits: list[str]
    chosen: list[str]  # those that are made again
    seed: int | None  # draws the same fits again; None if all are made again
    fits_present: bool

    @property
    def whole(self) -> bool:
        """Whether every fit is made again, and the comparison with them."""
        return len(self.chosen) == len(self.fits)

    @property
    def compares(self) -> bool:
        """Whether the comparison is made again too, with its intervals, pairs and figures."""
        return self.fits_present or self.whole

    @property
    def files(self) -> set[str]:
        """Every file that a run makes, by its path in the project."""
        return {
            name.format(architecture=architecture, fold=fold)
            for step in file_checks.STEPS
            for name in outputs(step)
            for architecture in self.params.names
            for fold in self.params.folds
        }


def draw(project: Path, sample: int | None, seed: int | None) -> Plan:
    """Plan to make `sample` fits again, or all; ValueError if there is nothing to hold against."""
    params, record = load(project / "params.yaml"), dvc_lock.read(project)
    every = [FIT.format(architecture=name, fold=id) for name in params.names for id in params.folds]
    fits = [f"results/train/{fit}" for fit in every]
    if not file_checks.files(project, ["compare"]):
        raise ValueError(f"{COMPARE}: no results to verify; `make benchmark` makes them")
    if sample is None:
        chosen, seed = fits, None
    else:
        seed = secrets.randbelow(10**6) if seed is None else seed
        chosen = random.Random(seed).sample(fits, min(sample, len(fits)))  # noqa: S311
    present = bool(file_checks.files(project, ["train"]))
    plan = Plan(project, params, record, fits, chosen, seed, present)
    needed = [*(f"{fit}/{CARD}" for fit in chosen), METRICS_JSON]
    unknown = [name for name in needed if name not in record.checksums]
    if unknown and not plan.compares:
        raise ValueError(
            f"{unknown[0]}: the project has no fits, and dvc.lock has no checksum of it: "
            f"{record.outdated}; run `make benchmark` or `dvc pull` first, or verify with --all"
        )
    return plan
