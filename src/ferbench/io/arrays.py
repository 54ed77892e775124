"""Arrays in .npy files: written row by row, read without loading them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferbench.io.files import existing

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
Floats = NDArray[np.floating]  # of any precision


def mapped(path: Path, maker: str) -> NDArray[Any]:
    """An array of which only what is looked at is read; ValueError if there is none.

    `maker` is the command that makes it.
    """
    try:
        array: NDArray[Any] = np.load(existing(path, maker), mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        if not path.is_file():
            raise
        raise ValueError(f"{path}: not what `{maker}` writes ({error})") from None
    return array


@contextmanager
def appending(
    path: Path, dtype: type[np.generic], shape: tuple[int, ...]
) -> Iterator[Callable[[NDArray[Any]], None]]:
    """A function that appends rows of `shape`: they are not held in memory."""
    rows = 0
    with path.open("wb") as file:

        def header() -> None:  # numpy leaves room in it for any number of rows
            kind = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
            file.seek(0)
            np.lib.format.write_array_header_1_0(file, kind | {"shape": (rows, *shape)})

        def append(values: NDArray[Any]) -> None:
            nonlocal rows
            rows += len(values)
            file.write(values.tobytes())

        header()
        yield append
        header()
