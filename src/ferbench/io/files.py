"""Files between steps: read with their name in every complaint, written whole or not at all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def read_json(path: Path, *keys: str) -> Any:
    """The content of a file that a step wrote; ValueError naming it unless it has all `keys`."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON ({error}); make it again") from None
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            raise ValueError(f"{path}: {key} is missing; make it again")
    return content


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
