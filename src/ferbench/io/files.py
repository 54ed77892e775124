"""Files between steps: read with their name in every complaint, written whole or not at all."""

import csv
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def existing(path: Path, maker: str) -> Path:
    """`path`; ValueError if no file is there, with the command that makes it."""
    if not path.is_file():
        raise ValueError(f"{path}: no such file; make it with `{maker}`")
    return path


def sha256(content: bytes | Path) -> str:
    """SHA-256 of bytes, or of a file's, as 64 hexadecimal digits."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:
    """The content of a file that a step wrote; ValueError naming it if it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON ({error}); make it again") from None


def validated(
    model: type[Model], content: object, path: Path, advice: str = "make it again"
) -> Model:
    """What a file of `content` says, as `model`; ValueError naming file, key and what is wrong."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, problem["loc"])) or "the file"
        raise ValueError(f"{path}: {key}: {problem['msg']}; {advice}") from None


def write_json(path: Path, content: object, indent: int = 2) -> None:
    """UTF-8 with one line end at its end; ValueError for a number that is not finite."""
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_table(path: Path) -> list[list[str]]:
    """The header and the rows of a CSV file; ValueError if a row is not as long as the header."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: no CSV in UTF-8 ({error}); make it again") from None
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(f"{path}: line {line}: {len(row)} values, expected {len(header)}")
    return [header, *rows]


def read_rows(path: Path, columns: Sequence[str]) -> list[list[str]]:
    """The rows of a CSV file; ValueError if its columns are others."""
    header, *rows = read_table(path)
    if header != list(columns):
        raise ValueError(f"{path}: columns {','.join(header)}, expected {','.join(columns)}")
    return rows


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A CSV file: a header, then one line per row; empty where a value is None."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows(rows)


def numbers(
    path: Path, rows: Sequence[Sequence[str]], width: int, *, finite: bool = True
) -> NDArray[np.float64]:
    """`rows` as (rows, width); ValueError naming the file where a value is no number.

    `finite` refuses infinity and nan too.
    """
    try:
        found = np.array(rows, dtype=np.float64).reshape(len(rows), width)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; make it again") from None
    if finite and not np.isfinite(found).all():
        line = 2 + int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        raise ValueError(f"{path}: line {line}: a number that is not finite; make it again")
    return found


@contextmanager
def publish(folder: Path, *names: str) -> Iterator[Path]:
    """A temporary folder; its files move to `folder`, in the order of `names`, if the block ends.

    Name the main file last: where it stands, the others do. If the block raises (an interruption
    included), what was written is removed and older files stay as they were.
    ValueError at the end, if other files than `names` were written; nothing is moved then.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: is not a folder; results are written into one")
    partial = folder / f".{names[-1]}.partial"
    shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
    partial.mkdir(parents=True)
    try:
        yield partial
        written = {path.name for path in partial.iterdir()}
        if differing := sorted(written ^ set(names)):
            raise ValueError(f"{folder}: declared or written, but not both: {', '.join(differing)}")
        for name in names:
            (partial / name).replace(folder / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
