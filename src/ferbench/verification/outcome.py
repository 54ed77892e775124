"""What `verify` found, as the command line prints it."""

from dataclasses import dataclass

from ferbench.markup.markdown import count
from ferbench.verification.file_checks import Problem
from ferbench.verification.plan import Plan

SHOWN = 30
"""Problems that `str` lists."""


@dataclass(frozen=True)
class Outcome:
    """What was made again, what it was held against, and what is wrong, by paths in the project."""

    plan: Plan
    again: frozenset[str]
    """Files that were made again."""
    held_against_files: frozenset[str]
    """Those of `again` that the project has."""
    problems: tuple[Problem, ...]
    reading: str
    """What the problems may come from; empty without problems."""

    @property
    def held_against_record(self) -> frozenset[str]:
        """Those of `again` that dvc.lock has a valid checksum of."""
        return self.again & self.plan.record.checksums.keys()

    def __str__(self) -> str:
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
        if self.plan.compares:
            return text
        return (
            f"{text}.\nThe project has no fits: intervals, pairs and figures were held against "
            "dvc.lock alone, and not made again. `ferbench verify --all` does that."
        )
