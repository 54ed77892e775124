"""The one LightningModule: it wraps any network and holds the protocol's losses and decision."""

import copy
import math
from typing import NamedTuple

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from ferbench import determinism
from ferbench.config.schema import Recipe
from ferbench.models.inputs import Example
from ferbench.results.history import MEASURES
from ferbench.results.parts import TRAIN, VALIDATION


class Batch(NamedTuple):
    """Sequences padded at the end to the longest."""

    inputs: Tensor  # (batch, time, …) float32
    lengths: Tensor  # (batch,) int64
    labels: Tensor  # (batch,) int64


NEVER = torch.tensor([float("nan")])  # the measures of a part that a diverged epoch did not reach


def collate(sequences: list[Example]) -> Batch:
    """Pad with zeros."""
    return Batch(
        pad_sequence([torch.from_numpy(one.inputs) for one in sequences], batch_first=True),
        torch.tensor([len(one.inputs) for one in sequences]),
        torch.tensor([one.label for one in sequences]),
    )


def frame_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of every frame with its sequence's label: (batch,), the mean over frames."""
    labels = batch.labels[:, None].expand(logits.shape[:2])
    losses = functional.cross_entropy(logits.transpose(1, 2), labels, reduction="none")
    return (losses * _mask(logits, batch)).sum(1) / batch.lengths


def sequence_posterior(logits: Tensor, batch: Batch) -> Tensor:
    """The decision: frame posteriors added up and normalised, (batch, classes)."""
    posteriors = logits.softmax(-1) * _mask(logits, batch)[..., None]
    return posteriors.sum(1) / batch.lengths[:, None]


def _mask(logits: Tensor, batch: Batch) -> Tensor:
    return torch.arange(logits.shape[1], device=logits.device) < batch.lengths[:, None]


class Classifier(pl.LightningModule):
    """Fits a network with AdamW and keeps the epoch with the lowest validation loss.

    The validation loss is that of the sequence: the negative logarithm of the posterior that the
    decision gives the true class, averaged over sequences. In both losses a sequence weighs what
    its class does; `class_weights` are (classes,) float32, and 1 is what a weight is on average.
    """

    class_weights: Tensor

    def __init__(self, network: nn.Module, recipe: Recipe, class_weights: Tensor):
        super().__init__()
        self.register_buffer("class_weights", class_weights, persistent=False)
        # On a CPU, convolutions are about twice as fast in this layout; other layers ignore it.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe = recipe
        self.history: list[dict[str, float]] = []
        self.best_epoch = 0  # from 1; 0 is the network as initialised, kept if no epoch ends well
        self.best = copy.deepcopy(network.state_dict())
        self.diverged = False
        self._sums: dict[str, list[Tensor]] = {}

    def forward(self, batch: Batch) -> Tensor:
        """Logits, (batch, time, classes)."""
        logits: Tensor = self.network(batch.inputs, batch.lengths)
        return logits

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """One recipe for a kind of input."""
        return determinism.optimiser(
            self.network.parameters(),
            learning_rate=self.recipe.learning_rate,
            weight_decay=self.recipe.weight_decay,
        )

    def training_step(self, batch: Batch, _: int) -> Tensor | None:
        """The mean over the batch's sequences of their mean frame losses."""
        loss = self._measure(TRAIN, batch)
        if loss.isfinite():
            return loss
        self.diverged = self.trainer.should_stop = True
        return None

    def validation_step(self, batch: Batch, _: int) -> None:
        """The same losses, and the decisions."""
        self._measure(VALIDATION, batch)

    def on_train_epoch_end(self) -> None:
        """Note the epoch's losses, keep the weights if they are the best, print one line."""
        epoch = self.current_epoch + 1
        row = {name: torch.cat(self._sums.get(name, [NEVER])).mean().item() for name in MEASURES}
        self._sums = {}
        lowest = min((past["validation_loss"] for past in self.history), default=float("inf"))
        self.history.append({"epoch": epoch, **row})
        self.diverged |= not all(map(math.isfinite, row.values()))
        if not self.diverged and row["validation_loss"] < lowest:
            self.best_epoch = epoch
            self.best = copy.deepcopy(self.network.state_dict())
        if self.diverged or epoch - self.best_epoch >= self.recipe.patience:
            self.trainer.should_stop = True
        losses = "  ".join(f"{name} {value:.4f}" for name, value in row.items())
        print(f"epoch {epoch:3d}  {losses}{'  best' * (epoch == self.best_epoch)}", flush=True)

    def _measure(self, part: str, batch: Batch) -> Tensor:
        logits = self(batch)
        weights = self.class_weights[batch.labels]
        per_sequence = weights * frame_loss(logits, batch)
        with torch.no_grad():
            posterior = sequence_posterior(logits, batch)
            true = posterior.gather(1, batch.labels[:, None]).squeeze(1)
            for name, values in (
                ("frame_loss", per_sequence),
                ("loss", -weights * true.clamp_min(torch.finfo(true.dtype).tiny).log()),
                ("error", (posterior.argmax(1) != batch.labels).float()),
            ):
                self._sums.setdefault(f"{part}_{name}", []).append(values.detach())
        return per_sequence.mean()
