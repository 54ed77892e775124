"""The report page's note: the machine that made it, and whether its results are those of dvc.lock.

The note depends on the machine, so it stands on the page alone and in no result.
"""

from dataclasses import dataclass
from pathlib import Path

from ferbench import determinism
from ferbench.config.params import load
from ferbench.markup.html import to_html
from ferbench.markup.markdown import count
from ferbench.verification import dvc_lock, file_checks, versions
from ferbench.verification.explanation import explanation

CHANGED = (
    "Neither packages nor parameters, sources or the machine explain that: the files were changed "
    "after they were made, or made on a machine of another kind. `make verify` finds out."
)


@dataclass(frozen=True)
class Page:
    """The note; `str` composes it, one line of HTML, when Snakemake makes the page."""

    project: Path

    @property
    def audited(self) -> bool:
        """Whether the data are those whose numbers the audit is about."""
        return bool((self.project / "results/report/audit.html").read_text(encoding="utf-8"))

    def __str__(self) -> str:
        on_gpu = load(self.project / "params.yaml").train.accelerator == "gpu"
        reasons = [*determinism.MACHINE, *[determinism.GPU] * on_gpu]
        return " ".join(to_html(f"{_machine(reasons)}\n\n{_recorded(self.project)}").split())


def _machine(reasons: list[str]) -> str:
    made = f"This page was made with {determinism.machine()}."
    if reasons:
        said = "; ".join(reasons)
        return f"{made} **Results that are made here may differ in their bytes:** {said}."
    return f"{made} Every x86-64 processor with AVX2 makes results of the same bytes."


def _recorded(project: Path) -> str:
    """Whether the project's results are those of dvc.lock, and if not, why that may be."""
    try:
        record = dvc_lock.read(project)
    except ValueError as error:
        return f"The results cannot be compared with dvc.lock. {error}."
    here = file_checks.files(project, file_checks.RECORDED).keys()
    known = len(here & record.checksums.keys())
    if not known:
        return f"The results cannot be compared with dvc.lock: {record.outdated}."
    rest = f" It does not speak of the others: {record.outdated}." if record.outdated else ""
    differing = [*file_checks.unlike_record(project, (), record.checksums)]
    if not differing:
        return f"The {known} results here that dvc.lock records have the bytes it says.{rest}"
    said = f"Of {count(known, 'recorded result')}, {len(differing)} have other bytes than dvc.lock"
    why = explanation(versions.unlike_pinned(project), "", determinism.MACHINE, CHANGED)
    return f"{said} says, `{differing[0].path}` first. {why}{rest}"
