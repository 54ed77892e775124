"""A folder of one's own: videos or folders of pictures, and a `sequences.csv` that lists them.

Its columns are subject, label and path, and if wanted start and end: first and last frame of the
sequence, counted from 1, both included. A path is relative to the folder. There are no landmarks;
the face mesh finds them.
"""

import csv
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ferbench.data import video
from ferbench.data.formats import MARKER, Frame, Release, Sequence
from ferbench.io.archives import printable
from ferbench.io.errors import BadFileError

TABLE = "sequences.csv"
NEEDED = {"subject", "label", "path"}
OPTIONAL = {"start", "end"}


def read(path: Path) -> Release:
    """List the sequences of the table, in its order; an empty label is none.

    FileNotFoundError if `path` or its table is missing; BadFileError if that is no CSV of these
    columns.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"dataset.path: no folder {path}")
    table = path / TABLE
    if not table.is_file():
        columns = ", ".join(sorted(NEEDED))
        raise FileNotFoundError(f"{table}: no such file; it lists the sequences: {columns}")
    sequences: dict[str, Sequence] = {}
    problems = []
    for line, row in _rows(table):
        try:
            sequence = _sequence(path, row)
            if sequence.id in sequences:
                raise BadFileError(f"{sequence.id} is listed twice")
            sequences[sequence.id] = sequence
        except BadFileError as error:
            problems.append(printable(f"{table}: line {line}: {error}"))
    return Release(list(sequences.values()), (path / MARKER).exists(), problems)


def _rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its line."""
    try:
        # Spreadsheets begin UTF-8 with a mark; it is no part of the first column's name.
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = list(reader.fieldnames or [])
            known = NEEDED <= set(columns) <= NEEDED | OPTIONAL
            if not known or len(set(columns)) < len(columns):
                found = printable(f"{table}: line 1: columns {','.join(columns)[:200] or 'none'}")
                raise BadFileError(
                    f"{found}; expected subject,label,path and perhaps start,end, "
                    "separated by commas"
                )
            for row in reader:
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFileError(f"{printable(str(table))}: no CSV in UTF-8 ({error})") from None


def _sequence(folder: Path, row: dict[str, str]) -> Sequence:
    if None in row or None in row.values():
        raise BadFileError("more or fewer values than columns")
    values = {name: value.strip() for name, value in row.items()}
    for name, value in values.items():
        if printable(value) != value:
            raise BadFileError(f"{name}: holds a character that cannot be printed: {value!a}")
        if not value and name in ("subject", "path"):
            raise BadFileError(f"{name}: empty")
    file = _inside(folder, values["path"])
    start, end = (_number(name, values.get(name, "")) for name in ("start", "end"))
    if start and end and end < start:
        raise BadFileError(f"end: {end} comes before start, {start}")
    part = f":{start or 1}-{end or ''}" if start or end else ""
    name, frames = str(Path(values["path"])) + part, partial(_frames, file, start or 1, end)
    return Sequence(name, values["subject"], values["label"] or None, frames)


def _inside(folder: Path, name: str) -> Path:
    """The file or folder of that name below `folder`, where the engines see its changes."""
    file = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise BadFileError(f"path: {name} is not inside the folder; put or link it there")
    try:
        there = file.exists()
    except OSError as error:
        raise BadFileError(f"path: {error.strerror}: {file}") from None
    if not there:
        raise BadFileError(f"path: no file {file}")
    if not (file.is_file() or file.is_dir()):
        raise BadFileError(f"path: {file} is no regular file and no folder")
    return file


def _number(column: str, text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise BadFileError(f"{column}: expected a frame's number, from 1, found {text[:40]!r}")
    return int(text)


def _frames(file: Path, start: int, end: int | None) -> Iterator[Frame]:
    for image in video.frames(file, start, end):
        yield Frame(image, None)
