"""What MLflow shows as the description of an experiment and of an architecture's run."""

import re
from pathlib import Path

FIGURE = "errors.svg"
"""The figure of the comparison that a note shows."""
LONGEST = 6000
"""Characters of a note's table; MLflow cuts a note off at 8000."""

_RUN = "run_uuid=RUN)"


def note(table: Path) -> str:
    """Markdown of the comparison's table, its stamps first, and the figure of a run named RUN.

    Args:
        table: Markdown of `compare`.
    """
    _heading, *written = table.read_text(encoding="utf-8").strip().splitlines()
    lines: list[str] = []
    for line in written:
        # Columns need not be aligned where Markdown is rendered.
        lines.append(re.sub(r"-{3,}", "--", re.sub(r" {2,}", " ", line)))
        if sum(map(len, lines)) > LONGEST:
            lines[-1] = "\n… all of it: table.md, among the artifacts of every architecture's run."
            break
    return "\n".join([*lines, "", f"![Comparison](get-artifact?path={FIGURE}&{_RUN}"]).strip()


def filled(text: str, run: str) -> str:
    """The note with the figure of the run of that id in the place of RUN's."""
    return text.replace(_RUN, f"run_uuid={run})")
