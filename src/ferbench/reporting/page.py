"""What the page says of itself: where it was made, and whether its results are the recorded ones.

This depends on the machine, so it stands on the page alone and in no result.
"""

from pathlib import Path

from ferbench import claims, determinism, dvc_lock, versions
from ferbench.explanation import explanation
from ferbench.markdown import count
from ferbench.reporting.html import to_html

CHANGED = (
    "Neither packages nor parameters, sources or the machine explain that: the files were changed "
    "after they were made, or made on a machine of another kind. `make verify` finds out."
)


class Page:
    """A note, written when it is printed: Snakemake asks for it only when it makes the page."""

    def __init__(self, project: Path):
        """Of the project in a folder."""
        self._project = project

    def __str__(self) -> str:
        """One line of HTML."""
        return " ".join(to_html(f"{_machine()}\n\n{_recorded(self._project)}").split())


def _machine() -> str:
    made = f"This page was made with {determinism.machine()}."
    if determinism.MACHINE:
        reasons = "; ".join(determinism.MACHINE)
        return f"{made} **Its results may differ in their bytes from those of others:** {reasons}."
    return f"{made} Every x86-64 processor with AVX2 gives the same bytes."


def _recorded(project: Path) -> str:
    """Whether the results at hand are those of dvc.lock, and if not, why that may be."""
    record = dvc_lock.read(project)
    here = claims.files(project, [*claims.STEPS, "report"]).keys()
    known = len(here & record.checksums.keys())
    others = f" It records no others: {record.outdated}." if record.outdated else ""
    if not known:
        return f"dvc.lock records none of these results.{others}"
    differing = list(claims.altered(project, {}, record.checksums))
    if not differing:
        return f"The {known} results here that dvc.lock records have the bytes it says.{others}"
    said = f"Of {count(known, 'recorded result')}, {len(differing)} have other bytes than dvc.lock"
    why = explanation(versions.unlike_pinned(project), "", determinism.MACHINE, CHANGED)
    return f"{said} says, `{differing[0].name}` first. {why}{others}"
