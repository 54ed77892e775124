"""dvc.lock: the checksums of a finished run, and the parameters and sources that it was made of."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import yaml

ABSENT = "there is no dvc.lock"


class Record(NamedTuple):
    """The part of dvc.lock that belongs to params.yaml and the sources as they are now."""

    checksums: dict[str, str]  # md5 of every output, by its path in the project
    outdated: str
    """Why other outputs are left out: what has changed since they were made; or empty."""


def read(project: Path) -> Record:
    """Read `project`/dvc.lock; ValueError if DVC did not write it so.

    Outputs whose parameters or sources have changed since are left out, and what was made of such
    outputs. Changes of folders, and of results on which others depend, are not checked.
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
    """MD5 of a file, as in dvc.lock."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _record(project: Path, stages: Mapping[str, Any], params: Any) -> Record:
    made = {out["path"]: name for name, stage in stages.items() for out in stage["outs"]}

    @cache
    def outdated(name: str) -> str:
        """Why a stage's outputs are out of date; empty if they are not."""
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
    """Which of a stage's own parameters and sources has changed; empty if none has."""
    for key, value in stage.get("params", {}).get("params.yaml", {}).items():
        if _value(params, key) != value:
            return f"{key} in params.yaml has changed since"
    for dependency in stage.get("deps", []):
        source = project / dependency["path"]
        if not dependency["path"].startswith("src/") or dependency["md5"].endswith(".dir"):
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
