"""What MLflow shows of an experiment: its page, the page's address, and descriptions."""

import json
import re
from pathlib import Path

VIEW = "ferbench"
COLUMNS = (  # metrics of architectures and of fits
    *("trainable_parameters", "rank", "error_rate_mean", "error_rate_std"),
    *("pooled_error_rate_low", "pooled_error_rate_high", "error_rate"),
)
LONGEST = 6000  # characters of a note's table; MLflow cuts a note off at 8000


def view() -> dict[str, str]:
    """Tag of the experiment, the view that MLflow lists as "current results".

    Without it the page shows no metrics, and the superseded and archived runs, too.
    """
    columns = [f"metrics.`{name}`" for name in COLUMNS] + ["tags.`diverged`"]
    state = {"searchFilter": "tags.`ferbench.state` = 'current'", "selectedColumns": columns}
    saved = {"name": "current results", "createdAt": 0, "state": json.dumps(state)}
    return {f"mlflow.sharedViewState.{VIEW}": json.dumps(saved)}


def page(server: str, experiment: str) -> str:
    """Address of the experiment's page with the view."""
    return f"{server}/#/experiments/{experiment}/runs?viewStateShareKey={VIEW}"


def note(table: Path) -> str:
    """The comparison's table.md as a description: stamps first, no longer than MLflow shows."""
    _heading, *written = table.read_text(encoding="utf-8").strip().splitlines()
    lines: list[str] = []
    for line in written:
        # Columns need not be aligned where Markdown is rendered.
        lines.append(re.sub(r"-{3,}", "--", re.sub(r" {2,}", " ", line)))
        if sum(map(len, lines)) > LONGEST:
            lines[-1] = "\n… all of it: table.md, among the artifacts of every architecture's run."
            break
    return "\n".join(lines).strip()


def illustrated(text: str, run: str) -> str:
    """A note, and below it the figure that is an artifact of the run of that id."""
    return f"{text}\n\n![Comparison](get-artifact?path=errors.svg&run_uuid={run})"
