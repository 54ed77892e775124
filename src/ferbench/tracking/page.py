"""An experiment's page in MLflow: what it shows, and its address."""

import json
from collections.abc import Mapping

VIEW = "ferbench"
COLUMNS = (
    *("trainable_parameters", "rank", "error_rate_mean", "error_rate_std"),
    *("pooled_error_rate_low", "pooled_error_rate_high", "error_rate", "stopping_epoch"),
)
"""Metrics of architectures and of fits."""


def view() -> dict[str, str]:
    """Tag of the experiment, the view that MLflow lists as "current results".

    Without it the page shows no metrics, and the superseded and archived runs, too.
    """
    columns = [f"metrics.`{name}`" for name in COLUMNS] + ["tags.`diverged`"]
    state = {"searchFilter": "tags.`ferbench.state` = 'current'", "selectedColumns": columns}
    saved = {"name": "current results", "createdAt": 0, "state": json.dumps(state)}
    return {f"mlflow.sharedViewState.{VIEW}": json.dumps(saved)}


def is_ours(tags: Mapping[str, str]) -> bool:
    """Whether an experiment of these tags has the view."""
    return view().keys() <= tags.keys()


def page(server: str, experiment: str) -> str:
    """Address of the experiment's page with the view."""
    return f"{server}/#/experiments/{experiment}/runs?viewStateShareKey={VIEW}"
