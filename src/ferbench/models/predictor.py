"""A finished network at work: posteriors of frames and sequences, and the tables of them."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ferbench.models import inputs

MEANING = (
    *("architecture", "input", "causal", "hyperparameters"),
    *("classes", "synthetic", "leaking", "labels_shuffled"),
    *("preprocessing", "train.features", "train.reference"),
)
"""Keys of a card that say what its weights' numbers mean, and what has to be said with them."""


def identity(card: Mapping[str, Any]) -> str:
    """JSON of MEANING, to lie inside the weights: an edited card no longer fits them."""
    values = {}
    for key in MEANING:
        value: Any = card
        for name in key.split("."):
            value = value[name]
        values[key] = value
    return json.dumps(values, sort_keys=True)


class Predictor(nn.Module):
    """Posteriors of whole sequences, one at a time: nothing is padded, nothing learns."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network.eval()

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Posteriors of the frames, (time, classes), and of the sequence, their mean."""
        logits: Tensor = self.network(inputs.unsqueeze(0), None)
        frames = logits[0].softmax(-1)
        return frames, frames.mean(0)


def write_predictions(
    frames: Path, sequences: Path, predictor: Predictor, parts: inputs.Parts, classes: list[str]
) -> None:
    """Posteriors of the validation and test parts, a row a frame and a row a sequence."""
    with (
        frames.open("w", newline="", encoding="utf-8") as frame_file,
        sequences.open("w", newline="", encoding="utf-8") as sequence_file,
    ):
        frame_table = csv.writer(frame_file, lineterminator="\n")
        sequence_table = csv.writer(sequence_file, lineterminator="\n")
        frame_table.writerow(["part", "sequence", "frame", "label", "predicted", *classes])
        sequence_table.writerow(
            ["part", "sequence", "subject", "label", "predicted", "frames", *classes]
        )
        for part in ("validation", "test"):
            for sequence in parts[part]:
                of_frames, of_sequence = predictor(sequence.inputs)
                label = classes[sequence.label]
                for number, posterior in enumerate(of_frames):
                    frame_table.writerow(
                        [part, sequence.id, number, label, *row(posterior, classes)]
                    )
                predicted, *posteriors = row(of_sequence, classes)
                known = [part, sequence.id, sequence.subject, label]
                sequence_table.writerow([*known, predicted, len(of_frames), *posteriors])


def write_truncated(
    path: Path, predictor: Predictor, part: list[inputs.Sequence], classes: list[str]
) -> None:
    """What is decided on the first 10, 20, … 100 % of each sequence's frames, rounded up.

    The network reads the beginning alone: one that looks ahead would otherwise know the end.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        header = ["sequence", "subject", "label", "share", "frames", "predicted"]
        table.writerow([*header, *classes])
        for sequence in part:
            known = [sequence.id, sequence.subject, classes[sequence.label]]
            for tenths in range(1, 11):
                frames = -(-len(sequence.inputs) * tenths // 10)
                _, posterior = predictor(sequence.inputs[:frames])
                table.writerow([*known, tenths / 10, frames, *row(posterior, classes)])


def row(posterior: Tensor | NDArray[np.float32], classes: list[str]) -> list[str]:
    """The predicted class and the posteriors, with as many digits as a float32 has."""
    return [classes[int(posterior.argmax())], *(f"{value:.9g}" for value in posterior.tolist())]
