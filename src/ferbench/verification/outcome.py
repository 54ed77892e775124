"""What `verify` found, and what it may mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ferbench import determinism
from ferbench.markup.markdown import count
from ferbench.verification import dvc_lock
from ferbench.verification.explanation import explanation
from ferbench.verification.file_checks import Problem

SHOWN = 30
"""Problems that `str` lists."""


@dataclass(frozen=True)
class Outcome:
    """What was made again, what it was held against, and what is wrong, by paths in the project."""

    again: frozenset[str]
    """Files that were made again."""
    held_against_files: frozenset[str]
    """Those of `again` that the project has."""
    held_against_record: frozenset[str]
    """Those of `again` that dvc.lock has a valid checksum of."""
    problems: tuple[Problem, ...]
    reading: str
    """What the problems may come from; empty without problems."""
    seed: int | None
    """Draws the same fits again; None if all were made again."""
    chosen: tuple[str, ...]
    """Folders of the fits that were made again."""
    outdated: str
    """Why not all results could be held against dvc.lock; empty if they could."""
    compared_again: bool
    """Whether the comparison was to be made again too, with its intervals, pairs and figures."""

    @property
    def holds(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems

    def __str__(self) -> str:
        """As the command line prints it."""
        if self.problems:
            lines = [
                f"NOT verified, {count(len(self.problems), 'problem')}:",
                *(f"  {problem}" for problem in self.problems[:SHOWN]),
            ]
            if len(self.problems) > SHOWN:
                lines.append(f"  and {len(self.problems) - SHOWN} more")
            return "\n".join([*lines, self.reading])
        text = (
            f"verified: {len(self.again)} files were made again to the byte; "
            f"{len(self.held_against_files)} of them were held against files of the project, "
            f"{len(self.held_against_record)} against dvc.lock"
        )
        if self.compared_again:
            return text
        return (
            f"{text}.\nThe project has no fits: intervals, pairs and figures were held against "
            "dvc.lock alone, and not made again. `ferbench verify --all` does that."
        )


def reading(
    again: Iterable[str], problems: Iterable[Problem], packages: Mapping[str, str], outdated: str
) -> str:
    """What problems may come from: packages, sources, the machine, or a change by hand.

    Args:
        again: files that were made again.
        problems: what was wrong; the reading of none is empty.
        packages: packages of other versions than those of the results, with both.
        outdated: why not all results could be held against dvc.lock.
    """
    made, wrong = {*again}, {problem.path for problem in problems}
    if not wrong:
        return ""
    if not {name for name in made if name.startswith("results/train/")} <= wrong:
        changed = (
            f"{len(made - wrong)} other files were made again to the byte, so neither packages "
            "nor the machine explain this: what differs was damaged or changed after it was made."
        )
        return explanation(packages, "", determinism.OUTSIDE, changed)
    changed = (
        "Every file of every fit that was made again came out different, and this machine is one "
        "of those that give the same bytes. So the results were made on a machine of another kind, "
        "for example with a GPU, or they are not of these parameters and sources."
    )
    since = "" if outdated == dvc_lock.ABSENT else outdated
    return explanation(packages, since, determinism.OUTSIDE, changed)
