"""The files of a release, in a folder or in a zip archive that is never extracted."""

import lzma
import os
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ferbench.io.errors import BadFileError

LARGEST = 2**26  # bytes; what says it is larger is no picture and no text, and is not read
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(OSError, EOFError, RuntimeError, NotImplementedError, ValueError, struct.error),
)
"""What reading a damaged, encrypted or strangely packed file raises."""


class File(NamedTuple):
    """One file of a release."""

    name: str  # where it is, as it can be printed
    size: int  # bytes
    content: Callable[[], bytes]

    def read(self) -> bytes:
        """Its content; BadFileError if it cannot be read, or is too large to be what it should."""
        if self.size > LARGEST:
            raise BadFileError(f"{self.name}: says it has {self.size:,} bytes; that is no frame")
        try:
            return self.content()
        except UNREADABLE as error:
            why = getattr(error, "strerror", None) or error  # the system's names the file again
            raise BadFileError(f"{self.name}: cannot be read ({why})") from error


def in_archive(path: Path) -> list[File]:
    """The files of a zip archive, by name; BadFileError if it is none.

    Nothing is extracted, but a name that leads out of the archive is a reason for distrust: such a
    file cannot be read.
    """
    try:
        opened = zipfile.ZipFile(path)
    except UNREADABLE as error:
        why = getattr(error, "strerror", None) or error
        raise BadFileError(
            f"{printable(str(path))}: cannot be read as a zip archive ({why})"
        ) from error
    return [
        File(
            printable(f"{path}/{info.filename}").rstrip("/"),
            info.file_size,
            _distrusted if _leads_out(info.filename) else partial(opened.read, info),
        )
        for info in sorted(opened.infolist(), key=lambda info: info.filename)
    ]


def in_folder(path: Path) -> list[File]:
    """All that is below a folder, by name; links are followed, each folder once.

    A folder or a broken link is listed too: where it has the name of a frame, one is missing.
    """
    seen, found = {os.path.realpath(path)}, list[Path]()
    for folder, below, names in os.walk(path, onerror=_raise, followlinks=True):
        found += [Path(folder, name) for name in (*below, *names)]
        unseen = {os.path.realpath(f"{folder}/{name}"): name for name in sorted(below)[::-1]}
        below[:] = sorted(name for real, name in unseen.items() if real not in seen)
        seen |= unseen.keys()
    return [on_disk(file) for file in sorted(found)]


def on_disk(path: Path) -> File:
    """One file outside of archives; what is none cannot be read, and no pipe is waited for."""
    size = path.stat().st_size if path.is_file() else 0
    return File(printable(str(path)), size, partial(_content, path))


def _content(path: Path) -> bytes:
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError("no regular file")
    return path.read_bytes()


def _raise(error: OSError) -> None:
    raise error


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")


def _distrusted() -> bytes:
    raise OSError("its name leads out of the archive")


def printable(name: str) -> str:
    """A name on one line, in UTF-8: neither need hold of a file's."""
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    breaks = ("Cc", "Zl", "Zp")  # control characters, and what else ends a line
    return "".join(ascii(c)[1:-1] if unicodedata.category(c) in breaks else c for c in shown)
