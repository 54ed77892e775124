"""Training with Lightning: one network, its train and validation parts, its seed."""

import ctypes
import hashlib
import logging
import sys
import warnings
from collections.abc import Sequence as SequenceOf
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from ferbench.models import inputs
from ferbench.models.classifier import Batch, Classifier, collate
from ferbench.results.parts import TRAIN, VALIDATION

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt, as glibc's malloc.h numbers them


def fit_seed(seed: int, architecture: str, fold: int) -> int:
    """Seed of a fit: 32 bits of the SHA-256 of the run's seed, the architecture and the fold."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{architecture}/{fold}".encode()).digest()[:4])


def class_weights(kind: str, part: list[inputs.Example], classes: SequenceOf[str]) -> torch.Tensor:
    """What a sequence of each class weighs in the losses, (classes,) float32.

    `balanced` gives all classes of the part the same weight in sum: n / (classes * n of the class),
    King & Zeng 2001, as in scikit-learn; ValueError if the part has none of a class. `none` is 1
    for each.
    """
    if kind == "none":
        return torch.ones(len(classes))
    counts = torch.bincount(torch.tensor([one.label for one in part]), minlength=len(classes))
    for name, count in zip(classes, counts.tolist(), strict=True):
        if not count:
            raise ValueError(f"train.class_weights: {kind}: no sequence of {name} to train on")
    return len(part) / (len(classes) * counts)


def fit(classifier: Classifier, parts: inputs.ByPart, seed: int, accelerator: str) -> Classifier:
    """Train on the train part, watching the validation part; the test part is not looked at.

    ValueError if `accelerator`, "cpu" or "gpu", is not there.
    """
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise ValueError("train.accelerator: gpu: torch finds none here; cpu always works")

    def loader(part: str, **options: Any) -> DataLoader[Batch]:
        sequences: Any = parts[part]
        return DataLoader(sequences, classifier.recipe.batch_size, collate_fn=collate, **options)

    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)  # it advertises
    # Lightning's use of PyTorch, what it thinks of small data, and a step that diverged.
    for said in ("LeafSpec", "not have many workers", "of training batches", "returned `None`"):
        warnings.filterwarnings("ignore", message=f".*{said}.*")
    trainer = pl.Trainer(
        accelerator=accelerator,
        devices=1,
        max_epochs=classifier.recipe.epochs,
        gradient_clip_val=classifier.recipe.gradient_clip,
        logger=False,
        enable_checkpointing=False,  # its checkpoints are pickles
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    _keep_memory()
    shuffle = torch.Generator().manual_seed(seed)
    trainer.fit(classifier, loader(TRAIN, shuffle=True, generator=shuffle), loader(VALIDATION))
    return classifier


def _keep_memory() -> None:
    """Let the C library keep freed memory for the next step, where it is glibc.

    By default it gives blocks as large as a layer's output back to the system, and each step waits
    while they are cleared again; that is a third of a training step on crops.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, 2**25)  # bytes; glibc takes no more
        library.mallopt(M_TRIM_THRESHOLD, 2**30)
