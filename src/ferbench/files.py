"""Outputs that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def publish(*targets: Path) -> Iterator[tuple[Path, ...]]:
    """Temporary paths beside `targets`, renamed to them, in order, when the block ends well.

    Name the main output last: where it stands, the others do. If the block raises (an interruption
    included), what was written is removed and older targets stay as they were.
    """
    partial = tuple(target.with_name(f".{target.name}.partial") for target in targets)
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        for source, target in zip(partial, targets, strict=True):
            source.replace(target)
    finally:
        for source in partial:
            source.unlink(missing_ok=True)
