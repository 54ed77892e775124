"""Results made again in a temporary place, and held against what is claimed of them."""

import random
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ferbench import determinism
from ferbench.config.params import load
from ferbench.config.schema import Params
from ferbench.markup.markdown import count
from ferbench.results.fits import CARD, WEIGHTS
from ferbench.verification import claims, dvc_lock, reruns, versions
from ferbench.verification.claims import COMPARED, METRICS_JSON, Problem
from ferbench.verification.consistency import inconsistent
from ferbench.verification.explanation import explanation

SHOWN = 30
"""Problems that are listed."""


class Plan(NamedTuple):
    """What is to be verified, and how."""

    project: Path
    params: Params
    record: dvc_lock.Record
    fits: list[str]
    """Folders of all fits, in the project."""
    chosen: list[str]
    """Those that are made again."""
    at_hand: bool
    """Whether there are fits in the project."""

    @property
    def whole(self) -> bool:
        """Whether every fit is made again, and the comparison with them."""
        return len(self.chosen) == len(self.fits)


def verify(project: Path, *, sample: int | None = 2, seed: int | None = None) -> bool:
    """Make fits again, and all that they need, and print every claim that does not hold.

    Claims are the files at hand and the checksums of dvc.lock, as far as it is of params.yaml and
    the sources as they are. Nothing in the project's folder is written to.

    Args:
        project: its folder.
        sample: number of fits to draw; None for all of them.
        seed: of the draw; None for another one each time.

    Returns:
        Whether every claim held.

    Raises:
        ValueError: there is nothing to verify, or results could not be made again.
    """
    plan = _plan(project, sample, seed)
    with TemporaryDirectory(prefix="ferbench-verify-") as folder:
        again = _made_again(plan, Path(folder, "again"))
        expected = _like_the_chosen(plan, again) | again.keys() | plan.record.checksums.keys()
        problems = [*claims.missing(project, expected)]
        if plan.at_hand and not plan.whole and not problems:
            print("making the comparison again, of the fits at hand", flush=True)
            try:
                again |= _compared_again(plan, Path(folder, "compared"))
            except reruns.FailedError as error:
                problems.append(Problem(COMPARED, f"cannot be made of the fits at hand: {error}"))
            problems += claims.missing(project, again.keys() - expected)
        problems += claims.differing(project, again, plan.record.checksums)
        problems += claims.altered(project, again, plan.record.checksums)
        problems += claims.exchanged(project, _held_by_nothing_else(plan, again))
        if not (plan.at_hand or plan.whole):
            problems += inconsistent(project, again, plan.params.compare.decimals)
        others = versions.unlike_pinned(project) | versions.unlike_cards(project, again)
    print(_verdict(plan, set(again), problems, others))
    return not problems


def _plan(project: Path, sample: int | None, seed: int | None) -> Plan:
    """What will be done, which is printed too; ValueError if it would be held against nothing."""
    params, record = load(project / "params.yaml"), dvc_lock.read(project)
    fits = [
        f"results/train/{name}/fold-{id}" for name in params.architectures for id in params.folds
    ]
    seed = secrets.randbelow(10**6) if seed is None else seed
    drawn = random.Random(seed).sample(fits, min(sample or 0, len(fits)))  # noqa: S311
    at_hand = bool(claims.files(project, ["train"]))
    plan = Plan(project, params, record, fits, drawn if sample else fits, at_hand)
    if not claims.files(project, ["compare"]):
        raise ValueError(f"{COMPARED}: no results to verify; `make benchmark` makes them")
    needed = [*(f"{fit}/{CARD}" for fit in plan.chosen), METRICS_JSON]
    unknown = [name for name in needed if name not in record.checksums]
    if unknown and not (at_hand or plan.whole):
        raise ValueError(
            f"{unknown[0]}: no fits are at hand, and dvc.lock does not say what it was: "
            f"{record.outdated}; run `make benchmark` or `dvc pull` first, or verify with --all"
        )
    share = f"{len(plan.chosen)} of {len(fits)} fits"
    print(f"making {share} again, and all that they need, in a temporary folder")
    if not plan.whole:
        print("\n  ".join([f"drawn by --seed {seed}:", *plan.chosen]))
    if record.outdated:
        print(f"not all can be held against dvc.lock: {record.outdated}")
    sys.stdout.flush()
    return plan


def _like_the_chosen(plan: Plan, again: Iterable[str]) -> set[str]:
    """The files that every fit should have."""
    files = {Path(name).name for name in again if name.startswith(f"{plan.chosen[0]}/")}
    return {f"{fit}/{file}" for fit in plan.fits for file in files}


def _held_by_nothing_else(plan: Plan, again: Iterable[str]) -> list[str]:
    """Fits whose weights neither were made again nor stand in dvc.lock."""
    held = {*again} | plan.record.checksums.keys()
    return [fit for fit in plan.fits if f"{fit}/{WEIGHTS}" not in held]


def _made_again(plan: Plan, folder: Path) -> dict[str, Path]:
    """What Snakemake makes in a copy, by name: the chosen fits, and all before them."""
    place = reruns.copy_beside_data(plan.project, folder, plan.params.dataset.path)
    asked = [f"{fit}/{CARD}" for fit in plan.chosen]
    asked += [f"results/baseline/fold-{fold}.csv" for fold in plan.params.folds]
    _snakemake(place, *asked, *([METRICS_JSON] if plan.whole else []))
    return claims.files(place)


def _compared_again(plan: Plan, folder: Path) -> dict[str, Path]:
    """What Snakemake makes in a copy of the fits at hand, by name."""
    place = reruns.copy_beside_data(plan.project, folder, plan.params.dataset.path)
    (place / "results").mkdir(exist_ok=True)
    for step in ("train", "baseline"):
        (place / "results" / step).symlink_to((plan.project / "results" / step).resolve())
    _snakemake(place, METRICS_JSON, "--allowed-rules", "compare")
    return claims.files(place, ["compare"])


def _snakemake(place: Path, *arguments: str) -> None:
    log = place / "verify.log"
    reruns.snakemake(place, *arguments, log=log, say=lambda done: print(f"  {done}", flush=True))


def _verdict(
    plan: Plan, again: set[str], problems: list[Problem], others: Mapping[str, str]
) -> str:
    """What was found, and what it may mean."""
    if problems:
        lines = [
            f"NOT verified, {count(len(problems), 'problem')}:",
            *(f"  {problem}" for problem in problems[:SHOWN]),
        ]
        if len(problems) > SHOWN:
            lines.append(f"  and {len(problems) - SHOWN} more")
        named = {problem.name for problem in problems}
        return "\n".join([*lines, _reading(plan, again, named, others)])
    at_hand = len(again & claims.files(plan.project).keys())
    recorded = len(again & plan.record.checksums.keys())
    said = (
        f"verified: {len(again)} files were made again to the byte; {at_hand} of them were held "
        f"against files at hand, {recorded} against dvc.lock"
    )
    if plan.at_hand or plan.whole:
        return said
    return (
        f"{said}.\nThere are no fits at hand: intervals, pairs and figures were held against "
        "dvc.lock alone, and not made again. `ferbench verify --all` does that."
    )


def _reading(plan: Plan, again: set[str], named: set[str], others: Mapping[str, str]) -> str:
    """What the differences may come from: packages, sources, the machine, or tampering."""
    every_fit = {name for name in again if name.startswith("results/train/")} <= named
    if every_fit:
        changed = (
            "Every file of every fit came out different, and this machine is one of those that "
            "give the same bytes. So the results were made on a machine of another kind, as with a "
            "GPU, or they are not of these parameters and sources."
        )
    else:
        changed = (
            f"{len(again - named)} other files were made again to the byte, so neither packages "
            "nor the machine explain this: what differs was damaged or changed after it was made."
        )
    since = plan.record.outdated if every_fit and plan.record.outdated != dvc_lock.ABSENT else ""
    return explanation(others, since, determinism.OUTSIDE, changed)
