"""The history of a fit: its losses and errors, one row per epoch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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


def write_history(folder: Path, epochs: Sequence[dict[str, float]]) -> None:
    """One row an epoch: "epoch" and MEASURES."""
    rows = ([f"{value:.9g}" for value in row.values()] for row in epochs)
    write_table(folder / HISTORY, epochs[0], rows)


def read_history(folder: Path, card: Card) -> dict[str, NDArray[np.float64]]:
    """Every column but the epoch, each (epochs,); an epoch that diverged may have left some empty.

    ValueError if a column is missing, or the epochs are not those of the card.
    """
    path = existing(folder / HISTORY, "ferbench train")
    header, *rows = read_table(path)
    missing = {"epoch", *LOSSES} - set(header)
    if missing and not card.diverged:
        raise ValueError(f"{path}: no column {', '.join(sorted(missing))}; train this fit again")
    filled = [[value or "nan" for value in row] for row in rows]
    columns = dict(zip(header, numbers(path, filled, len(header), finite=False).T, strict=True))
    if card.stopping_epoch > card.epochs:
        raise ValueError(
            f"{folder / CARD}: stopping_epoch: {card.stopping_epoch}, but it says {card.epochs} "
            "epochs; train this fit again"
        )
    if columns.pop("epoch").tolist() != list(range(1, card.epochs + 1)):
        raise ValueError(f"{path}: its epochs are not 1 to {card.epochs}, as {CARD} says")
    return {name: np.full(card.epochs, np.nan) for name in LOSSES} | columns
