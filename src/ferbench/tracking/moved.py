"""A store that was moved or copied with its folder."""

import sqlite3
from contextlib import closing
from pathlib import Path

PATHS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
    ("model_versions", "source"),
)
"""Tables and columns that hold absolute paths; MLflow offers no way to change these."""


def move_along(database: Path, files: Path) -> None:
    """Write into MLflow's SQLite store the paths of the files that lie beside it now.

    Args:
        database: mlflow.db; without it nothing is done.
        files: folder mlruns, with a folder for each experiment.
    """
    if not database.exists():
        return
    here = str(files.resolve())
    with closing(sqlite3.connect(database)) as store, store:
        known = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
        if not {table for table, _ in PATHS} <= known:
            return
        of_experiments = "SELECT artifact_location, experiment_id FROM experiments"
        for place, number in store.execute(of_experiments).fetchall():
            old, new = str(place), f"{here}/{number}"
            if old == new or not old.endswith(f"/{files.name}/{number}"):
                continue
            if Path(old).is_dir() and not Path(new).is_dir():
                continue  # its files stayed behind
            for table, column in PATHS:
                store.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?)"  # noqa: S608
                    f" WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
                )
