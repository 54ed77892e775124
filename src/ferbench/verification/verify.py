"""Results made again in a temporary folder, and held against those of the project."""

import random
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ferbench.config.params import load
from ferbench.config.schema import Params
from ferbench.results.layout import CARD, FIT, WEIGHTS, outputs
from ferbench.verification import dvc_lock, file_checks, sandbox, versions
from ferbench.verification.file_checks import COMPARE, METRICS_JSON, Kind, Problem
from ferbench.verification.number_checks import contradictions
from ferbench.verification.outcome import Outcome, reading

READ_BY_COMPARE = ("results/train/", "results/baseline/")


def _print(line: str) -> None:
    print(line, flush=True)


class Plan(NamedTuple):
    """What is to be verified, and how."""

    project: Path
    params: Params
    record: dvc_lock.Record
    fits: list[str]
    """Folders of all fits, in the project."""
    chosen: list[str]
    """Those that are made again."""
    seed: int | None
    """Of the draw; None if all are made again."""
    fits_present: bool
    """Whether the project has any fits."""

    @property
    def whole(self) -> bool:
        """Whether every fit is made again, and the comparison with them."""
        return len(self.chosen) == len(self.fits)


def verify(
    project: Path,
    *,
    sample: int | None = 2,
    seed: int | None = None,
    say: Callable[[str], None] = _print,
) -> Outcome:
    """Make fits again, and all that they need, and hold the project's results against them.

    Held against them are the files of the project and the checksums of dvc.lock, except those that
    were made with other parameters or sources than the present. Nothing in the project's folder is
    written to.

    Args:
        project: its folder.
        sample: number of fits to draw; None for all of them.
        seed: of the draw; None for another one each time.
        say: called with each line of progress.

    Raises:
        ValueError: there is nothing to verify, or results could not be made again.
    """
    plan = _plan(project, sample, seed)
    _announce(plan, say)
    with TemporaryDirectory(prefix="ferbench-verify-") as name:
        folder, checksums = Path(name), plan.record.checksums
        again = _made_again(plan, folder / "again", say)
        problems = [*file_checks.missing(project, _all_files(plan.params))]
        incomplete = any(problem.path.startswith(READ_BY_COMPARE) for problem in problems)
        if plan.fits_present and not plan.whole and not incomplete:
            say("making the comparison again, from the fits of the project")
            try:
                again |= _compared_again(plan, folder / "compared", say)
            except sandbox.FailedError as error:
                text = f"cannot be made from the fits of the project: {error}"
                problems.append(Problem(Kind.NOT_MADE, COMPARE, text))
        problems += file_checks.differing(project, again, checksums)
        problems += file_checks.unlike_record(project, again, checksums)
        problems += file_checks.other_weights(project, _otherwise_unchecked(plan, again))
        if not (plan.fits_present or plan.whole):
            problems += contradictions(project, again, plan.params.compare.decimals)
        packages = versions.unlike_pinned(project) | versions.unlike_cards(project, again)
    return Outcome(
        again=frozenset(again),
        held_against_files=frozenset(again.keys() & file_checks.files(project).keys()),
        held_against_record=frozenset(again.keys() & checksums.keys()),
        problems=tuple(problems),
        reading=reading(again, problems, packages, plan.record.outdated),
        seed=plan.seed,
        chosen=tuple(plan.chosen),
        outdated=plan.record.outdated,
        compared_again=plan.fits_present or plan.whole,
    )


def _plan(project: Path, sample: int | None, seed: int | None) -> Plan:
    """What will be done; ValueError if there is nothing to hold it against."""
    params, record = load(project / "params.yaml"), dvc_lock.read(project)
    fits = [
        f"results/train/{FIT.format(architecture=name, fold=fold)}"
        for name in params.names
        for fold in params.folds
    ]
    if not file_checks.files(project, ["compare"]):
        raise ValueError(f"{COMPARE}: no results to verify; `make benchmark` makes them")
    chosen = fits
    if sample is None:
        seed = None
    else:
        seed = secrets.randbelow(10**6) if seed is None else seed
        chosen = random.Random(seed).sample(fits, min(sample, len(fits)))  # noqa: S311
    present = bool(file_checks.files(project, ["train"]))
    plan = Plan(project, params, record, fits, chosen, seed, present)
    needed = [*(f"{fit}/{CARD}" for fit in chosen), METRICS_JSON]
    unknown = [name for name in needed if name not in record.checksums]
    if unknown and not (present or plan.whole):
        raise ValueError(
            f"{unknown[0]}: the project has no fits, and dvc.lock has no checksum of it: "
            f"{record.outdated}; run `make benchmark` or `dvc pull` first, or verify with --all"
        )
    return plan


def _announce(plan: Plan, say: Callable[[str], None]) -> None:
    share = f"{len(plan.chosen)} of {len(plan.fits)} fits"
    say(f"making {share} again, and all that they need, in a temporary folder")
    if not plan.whole:
        say("\n  ".join([f"drawn by --seed {plan.seed}:", *plan.chosen]))
    if plan.record.outdated:
        say(f"not all results can be held against dvc.lock: {plan.record.outdated}")


def _all_files(params: Params) -> set[str]:
    """Every file that a run makes, by its path in the project."""
    return {
        name.format(architecture=architecture, fold=fold)
        for step in file_checks.STEPS
        for name in outputs(step)
        for architecture in params.names
        for fold in params.folds
    }


def _otherwise_unchecked(plan: Plan, again: Iterable[str]) -> list[str]:
    """Fits whose weights were not made again and have no checksum in dvc.lock."""
    checked = {*again} | plan.record.checksums.keys()
    return [fit for fit in plan.fits if f"{fit}/{WEIGHTS}" not in checked]


def _made_again(plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[str, Path]:
    """The chosen fits and all before them, as Snakemake makes them in a copy, by path."""
    place = sandbox.copy_with_data(plan.project, folder, plan.params.dataset.path)
    targets = [f"{fit}/{CARD}" for fit in plan.chosen]
    targets += [
        name.format(fold=fold) for name in outputs("baseline") for fold in plan.params.folds
    ]
    _snakemake(place, say, *targets, *([METRICS_JSON] if plan.whole else []))
    return file_checks.files(place)


def _compared_again(plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[str, Path]:
    """The comparison of the project's fits, as Snakemake makes it in a copy, by path."""
    place = sandbox.copy_with_data(plan.project, folder, plan.params.dataset.path)
    (place / "results").mkdir(exist_ok=True)
    for step in ("train", "baseline"):
        (place / "results" / step).symlink_to((plan.project / "results" / step).resolve())
    _snakemake(place, say, METRICS_JSON, "--allowed-rules", "compare")
    return file_checks.files(place, ["compare"])


def _snakemake(place: Path, say: Callable[[str], None], *arguments: str) -> None:
    log = place / "verify.log"
    sandbox.snakemake(place, *arguments, log=log, say=lambda line: say(f"  {line}"))
