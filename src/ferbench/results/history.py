"""The history of fits: losses and errors, one row per seed and epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ferbench.io.arrays import Doubles
from ferbench.io.files import existing, numbers, read_table, write_table
from ferbench.results.card import Card
from ferbench.results.layout import CARD, HISTORY
from ferbench.results.parts import TRAIN, VALIDATION

MEASURES = tuple(
    f"{part}_{kind}" for part in (TRAIN, VALIDATION) for kind in ("frame_loss", "loss", "error")
)
"""Columns but the epoch: nats, nats, share of sequences."""
LOSSES = ("train_loss", "validation_loss", "validation_error")
"""Columns that every history has, and that are drawn."""


def write_history(folder: Path, fits: Mapping[int, Sequence[Mapping[str, float]]]) -> None:
    """One row an epoch, by seed: "epoch" and MEASURES."""
    rows = (
        [seed, *(f"{value:.9g}" for value in row.values())]
        for seed, epochs in fits.items()
        for row in epochs
    )
    write_table(folder / HISTORY, ("seed", *next(iter(fits.values()))[0]), rows)


def read_history(folder: Path, card: Card) -> dict[int, dict[str, Doubles]]:
    """By seed, every column but the epoch, each (epochs,).

    An epoch that diverged may have left some empty. ValueError if a column is missing, or seeds and
    epochs are not those of the card.
    """
    path = existing(folder / HISTORY, "ferbench train")
    header, *rows = read_table(path)
    missing = {"seed", "epoch", *LOSSES} - set(header)
    if missing:
        raise ValueError(f"{path}: no column {', '.join(sorted(missing))}; train this fit again")
    filled = [[value or "nan" for value in row] for row in rows]
    columns = dict(zip(header, numbers(path, filled, len(header), finite=False).T, strict=True))
    seed, epoch = columns.pop("seed"), columns.pop("epoch")
    for name, fit in card.seeds.items():
        if fit.stopping_epoch > fit.epochs:
            raise ValueError(
                f"{folder / CARD}: seeds.{name}: stopping_epoch: {fit.stopping_epoch}, but it says "
                f"{fit.epochs} epochs; train this fit again"
            )
    expected = [(name, n) for name, fit in card.seeds.items() for n in range(1, fit.epochs + 1)]
    if list(zip(seed.tolist(), epoch.tolist(), strict=True)) != expected:
        raise ValueError(f"{path}: its seeds and epochs are not those of {CARD}; train it again")
    return {name: {key: of[seed == name] for key, of in columns.items()} for name in card.seeds}
