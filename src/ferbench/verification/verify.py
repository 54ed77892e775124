"""Results made again in a temporary folder, and held against those of the project."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ferbench.markup.markdown import count
from ferbench.results.layout import CARD, WEIGHTS, outputs
from ferbench.verification import file_checks, sandbox, versions
from ferbench.verification.explanation import reading
from ferbench.verification.file_checks import COMPARE, METRICS_JSON, Problem
from ferbench.verification.number_checks import contradictions
from ferbench.verification.plan import Plan, draw

READ_BY_COMPARE = ("results/train/", "results/baseline/")
SHOWN = 30  # problems that an outcome lists
_print = partial(print, flush=True)


@dataclass(frozen=True)
class Outcome:
    """What was made again, what it was held against, and what is wrong, by paths in the project."""

    plan: Plan
    again: frozenset[str]
    held_against_files: frozenset[str]  # those of `again` that the project has
    problems: tuple[Problem, ...]
    reading: str  # what the problems may come from; empty without problems

    @property
    def held_against_record(self) -> frozenset[str]:
        """Those of `again` that dvc.lock has a valid checksum of."""
        return self.again & self.plan.record.checksums.keys()

    def __str__(self) -> str:
        if self.problems:
            lines = [f"NOT verified, {count(len(self.problems), 'problem')}:"]
            lines += [f"  {problem}" for problem in self.problems[:SHOWN]]
            if len(self.problems) > SHOWN:
                lines.append(f"  and {len(self.problems) - SHOWN} more")
            return "\n".join([*lines, self.reading])
        text = (
            f"verified: {len(self.again)} files were made again to the byte; "
            f"{len(self.held_against_files)} of them were held against files of the project, "
            f"{len(self.held_against_record)} against dvc.lock"
        )
        if self.plan.compares:
            return text
        return (
            f"{text}.\nThe project has no fits: intervals, pairs and figures were held against "
            "dvc.lock alone, and not made again. `ferbench verify --all` does that."
        )


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
    plan = draw(project, sample, seed)
    share = f"{len(plan.chosen)} of {len(plan.fits)} fits"
    say(f"making {share} again, and all that they need, in a temporary folder")
    if not plan.whole:
        say("\n  ".join([f"drawn by --seed {plan.seed}:", *plan.chosen]))
    if plan.record.outdated:
        say(f"not all results can be held against dvc.lock: {plan.record.outdated}")
    with TemporaryDirectory(prefix="ferbench-verify-") as name:
        folder, checksums = Path(name), plan.record.checksums
        again = _made_again(plan, folder / "again", say)
        problems = [*file_checks.missing(project, plan.files)]
        incomplete = any(problem.path.startswith(READ_BY_COMPARE) for problem in problems)
        if plan.fits_present and not plan.whole and not incomplete:
            say("making the comparison again, from the fits of the project")
            try:
                again |= _compared_again(plan, folder / "compared", say)
            except sandbox.FailedError as error:
                text = f"cannot be made from the fits of the project: {error}"
                problems.append(Problem(COMPARE, text))
        problems += file_checks.differing(project, again, checksums)
        problems += file_checks.unlike_record(project, again, checksums)
        checked = again.keys() | checksums.keys()
        unchecked = [fit for fit in plan.fits if f"{fit}/{WEIGHTS}" not in checked]
        problems += file_checks.other_weights(project, unchecked)
        if not plan.compares:
            problems += contradictions(project, again, plan.params.compare.decimals)
        packages = versions.unlike_pinned(project) | versions.unlike_cards(project, again)
    present = frozenset(again.keys() & file_checks.files(project).keys())
    why = reading(again, problems, packages, plan.record.outdated)
    return Outcome(plan, frozenset(again), present, tuple(problems), why)


def _made_again(plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[str, Path]:
    """The chosen fits and all before them, as Snakemake makes them in a copy, by path."""
    place = sandbox.copy_with_data(plan.project, folder, plan.params.dataset.path)
    fits = [f"{fit}/{CARD}" for fit in plan.chosen]
    baselines = [n.format(fold=fold) for n in outputs("baseline") for fold in plan.params.folds]
    _snakemake(place, say, *fits, *baselines, *([METRICS_JSON] if plan.whole else []))
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
