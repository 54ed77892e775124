"""dvc.lock, read as what it is: the checksums of a finished run, and what the run was made of."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import yaml

SOURCES = "src/"
ABSENT = "there is no dvc.lock"


class Record(NamedTuple):
    """What dvc.lock says of the results of params.yaml and the sources as they are now."""

    checksums: dict[str, str]
    """md5 of every output, by its path in the project."""
    outdated: str
    """Why other outputs are not there, what has changed since they were made; or empty."""


def read(project: Path) -> Record:
    """Read `project`/dvc.lock; ValueError if it is no such file.

    Left out are outputs whose parameters or sources have changed since, and what was made of such
    outputs. Whether folders, or results on which others depend, have changed is not looked at.
    """
    path = project / "dvc.lock"
    if not path.is_file():
        return Record({}, ABSENT)
    try:
        stages = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"]
        params = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
        return _record(project, stages, params)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path}: not as DVC writes it ({' '.join(str(error).split())}); restore it with "
            "`git checkout dvc.lock`, or delete it to do without"
        ) from None


def md5(path: Path) -> str:
    """Of a file, as DVC takes it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _record(project: Path, stages: Mapping[str, Any], params: Any) -> Record:
    made = {out["path"]: name for name, stage in stages.items() for out in stage["outs"]}

    @cache
    def outdated(name: str) -> str:
        """Why a stage's outputs are not of the present; empty if they are."""
        needed = {dependency["path"] for dependency in stages[name].get("deps", [])}
        makers = {maker for path, maker in made.items() if needed & _with_folders(path)}
        return _changed(project, stages[name], params) or next(
            filter(None, map(outdated, sorted(makers))), ""
        )

    checksums = {
        out["path"]: out["md5"]
        for name, stage in stages.items()
        for out in stage["outs"]
        if not outdated(name)
    }
    return Record(checksums, next(filter(None, map(outdated, stages)), ""))


def _changed(project: Path, stage: Mapping[str, Any], params: Any) -> str:
    """What of a stage's own parameters and sources is another now; empty if nothing is."""
    for key, value in stage.get("params", {}).get("params.yaml", {}).items():
        if _value(params, key) != value:
            return f"{key} in params.yaml has changed since"
    for dependency in stage.get("deps", []):
        source = project / dependency["path"]
        if not dependency["path"].startswith(SOURCES) or dependency["md5"].endswith(".dir"):
            continue
        if not source.is_file() or md5(source) != dependency["md5"]:
            return f"{dependency['path']} has changed since"
    return ""


def _value(content: Any, key: str) -> Any:
    for name in key.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return content


def _with_folders(path: str) -> set[str]:
    return {path, *map(str, PurePosixPath(path).parents)}
