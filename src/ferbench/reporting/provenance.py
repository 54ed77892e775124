"""Where the numbers come from: settings, versions, seeds, and checksums of data, code and fits."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from ferbench.config.params import SYNTHETIC_PATH
from ferbench.config.schema import Params
from ferbench.io.files import sha256
from ferbench.markup.markdown import to_markdown
from ferbench.results.card import Card


def checksums(root: Path) -> dict[str, str]:
    """By path below `root`, in order: every file but what Python compiled."""
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    named = {path.relative_to(root).as_posix(): path for path in files}
    return {name: sha256(named[name]) for name in sorted(named)}


def combined(files: Mapping[str, str]) -> str:
    """One checksum of many: of the lines that `sha256sum` prints for them, sorted by name."""
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return sha256(lines.encode())


def seeds(params: Params) -> str:
    """A table of every seed in params.yaml; that of the synthetic data only where they are used."""
    rendered = params.dataset.path == SYNTHETIC_PATH
    rows = [
        [f"`{section}.{key}`", str(values[key]).strip("[]")]
        for section, values in params.model_dump().items()
        if isinstance(values, dict) and (rendered or section != "synthesize")
        for key in ("seed", "seeds")
        if key in values
    ]
    return to_markdown([["seed", "value"], *rows], left=1)


def versions(cards: Iterable[Card]) -> str:
    """A table of what the fits were made with; more than one value where they differ."""
    found = sorted({item for card in cards for item in card.versions.items()})
    rows = [
        [name, ", ".join(version for _, version in group)]
        for name, group in groupby(found, key=itemgetter(0))
    ]
    return to_markdown([["made with", "version"], *rows], left=2)


def digests(kind: str, files: Mapping[str, str]) -> str:
    """A table of checksums by name."""
    rows = [[f"`{name}`", f"`{digest}`"] for name, digest in files.items()]
    return to_markdown([[kind, "SHA-256"], *rows], left=2)


def fits(cards: Sequence[Card]) -> str:
    """A table of the fits: their seeds, the epoch that was kept, the file of the weights."""
    heads = ["architecture", "fold", "seed", "of the fit", "epoch kept", "SHA-256 of the weights"]
    rows = [
        [
            *(card.architecture, str(card.fold), str(seed)),
            *(str(fit.fit_seed), str(fit.stopping_epoch), f"`{card.weights_sha256}`"),
        ]
        for card in cards
        for seed, fit in card.seeds.items()
    ]
    return to_markdown([heads, *rows], left=1)
