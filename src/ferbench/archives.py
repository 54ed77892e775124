"""The files of a release, in a folder or in a zip archive that is never extracted."""

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ferbench.datasets import BadFileError

LARGEST = 2**26
"""Bytes; what says it is larger is no picture and no text, and is not read."""

UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(OSError, EOFError, RuntimeError, NotImplementedError),
)
"""What reading a damaged, encrypted or strangely packed file raises."""


class File(NamedTuple):
    """One file of a release."""

    name: str
    """Where it is, as it can be printed."""
    size: int
    """Bytes."""
    content: Callable[[], bytes]

    def read(self) -> bytes:
        """Its content; BadFileError if it cannot be read, or is too large to be what it should."""
        if self.size > LARGEST:
            raise BadFileError(f"{self.name}: says it has {self.size:,} bytes; that is no frame")
        try:
            return self.content()
        except UNREADABLE as error:
            raise BadFileError(f"{self.name}: cannot be read ({error})") from error


def in_archive(path: Path) -> list[File]:
    """The files of a zip archive, by name; BadFileError if it is none.

    Nothing is extracted, but a name that leads out of the archive is a reason for distrust: such a
    file cannot be read.
    """
    try:
        opened = zipfile.ZipFile(path)
    except (*UNREADABLE, ValueError) as error:
        raise BadFileError(f"{path}: cannot be read as a zip archive ({error})") from error
    infos = [info for info in opened.infolist() if not info.is_dir()]
    return [
        File(
            _printable(f"{path}/{info.filename}"),
            info.file_size,
            _distrusted if _leads_out(info.filename) else partial(opened.read, info),
        )
        for info in sorted(infos, key=lambda info: info.filename)
    ]


def in_folder(path: Path) -> list[File]:
    """All files below a folder, by name; links are followed, each folder once."""
    seen: set[str] = set()
    found: list[Path] = []
    for folder, below, names in os.walk(path, onerror=_raise, followlinks=True):
        below[:] = [name for name in below if _new(os.path.realpath(f"{folder}/{name}"), seen)]
        found += [file for name in names if (file := Path(folder, name)).is_file()]
    return [
        File(_printable(str(file)), file.stat().st_size, file.read_bytes) for file in sorted(found)
    ]


def _new(folder: str, seen: set[str]) -> bool:
    before = len(seen)
    seen.add(folder)
    return len(seen) > before


def _raise(error: OSError) -> None:
    raise error


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")


def _distrusted() -> bytes:
    raise OSError("its name leads out of the archive")


def _printable(name: str) -> str:
    """A name whose bytes are no UTF-8 has to be printed too."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
