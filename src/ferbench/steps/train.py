"""One job: one architecture on one fold, a fit for each seed."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import nn

from ferbench import determinism
from ferbench.config.schema import Params
from ferbench.io.files import publish, sha256
from ferbench.models import architectures, inputs
from ferbench.models.classifier import Classifier
from ferbench.models.predictor import Predictor
from ferbench.models.training import class_weights, fit, fit_seed
from ferbench.models.weights import weights
from ferbench.results import layout
from ferbench.results.card import Card, DataCounts, Parameters, Trained, identity, write_card
from ferbench.results.data import Summary, read_summary
from ferbench.results.history import write_history
from ferbench.results.parts import PREDICTED, TEST, TRAIN, Fold, read_fold
from ferbench.results.predictions import Predicted, write_predictions, write_truncated

VERSIONS = ("ferbench", "numpy", "pytorch-lightning", "torch")  # that the card tells


def train(
    params: Params, *, architecture: str, fold: int, data: Path, split: Path, to: Path
) -> None:
    """Fit one architecture on one fold with each seed, and predict the validation and test parts.

    Of each fit the epoch with the lowest validation loss is kept.

    Args:
        params: the protocol with its seeds, and the numbers of architecture and input.
        architecture: a name of `architectures` in params.yaml.
        fold: an id of `folds` in params.yaml.
        data: folder of `preprocess`.
        split: folder of `split`.
        to: the job's own folder, to write.

    Raises:
        ValueError: a file is missing or damaged, or params.yaml does not fit the architecture.
    """
    module, sizes = architectures.read(params, architecture)
    summary, divided = read_summary(data), read_fold(split, fold)
    print(f"{determinism.machine()}, torch {torch.__version__}", flush=True)
    determinism.settle(params.train.threads)
    if params.train.accelerator == "gpu":
        determinism.notice(determinism.GPU)
    parts, projection = inputs.read(params, module.INPUT, data=data, fold=divided)
    width = inputs.width(module.INPUT, summary.preprocessing.size)

    weigh = class_weights(params.train.class_weights, parts[TRAIN], summary.classes)
    recipe, fits = params.inputs[module.INPUT].recipe, dict[int, Classifier]()
    for seed in params.train.seeds:
        print(f"seed {seed}", flush=True)
        number = fit_seed(seed, architecture, fold)
        pl.seed_everything(number, verbose=False)
        network: nn.Module = module.Network(sizes, len(summary.classes), width)
        fits[seed] = Classifier(network, recipe, weigh)
        fit(fits[seed], parts, number, params.train.accelerator)
        network.load_state_dict(fits[seed].best)
        network.cpu()
    networks = {seed: classifier.network for seed, classifier in fits.items()}
    predicted = {seed: _predicted(network, parts) for seed, network in networks.items()}
    card = _card(params, architecture, summary, divided, projection, fits)
    stored = weights(networks, projection, identity(card.model_dump(mode="json")))
    card = card.model_copy(update={"weights_sha256": sha256(stored)})
    with publish(to, *layout.TRAIN) as folder:
        write_history(folder, {seed: classifier.history for seed, classifier in fits.items()})
        write_predictions(folder, predicted, summary.classes)
        tests = {seed: of_seed[TEST] for seed, of_seed in predicted.items()}
        write_truncated(folder, tests, summary.classes)
        (folder / layout.WEIGHTS).write_bytes(stored)
        write_card(folder, card.model_dump(mode="json"))


def _predicted(network: nn.Module, parts: inputs.ByPart) -> dict[str, list[Predicted]]:
    predictor = Predictor(network)
    return {
        part: [predictor.predict(one, beginnings=part == TEST) for one in parts[part]]
        for part in PREDICTED
    }


def _card(
    params: Params,
    architecture: str,
    summary: Summary,
    fold: Fold,
    projection: inputs.Projection | None,
    fits: Mapping[int, Classifier],
) -> Card:
    """All but the checksum of the weights, whose file says what the card says of them."""
    module, sizes = architectures.read(params, architecture)
    chosen = params.inputs[module.INPUT]
    variant = {module.INPUT: chosen.variant} if chosen.variant else {}
    recipe = {"recipe": chosen.recipe.model_dump()}
    counted = {"skipped": sum(summary.skipped.values()), "unusable": len(summary.unusable)}
    some = next(iter(fits.values()))
    parameters = (values for values in some.network.parameters() if values.requires_grad)
    return Card(
        architecture=architecture,
        input=module.INPUT,
        causal=module.CAUSAL,
        reference=getattr(module, "REFERENCE", False),
        dataset=summary.dataset,
        synthetic=summary.synthetic,
        classes=summary.classes,
        data=DataCounts(**summary.model_dump() | counted),
        fold=fold.fold,
        leaking=fold.leaking,
        labels_shuffled=fold.labels_shuffled,
        hyperparameters=sizes.model_dump(mode="json"),
        train=variant | params.train.model_dump(mode="json") | recipe,
        class_weights=dict(zip(summary.classes, some.class_weights.tolist(), strict=True)),
        preprocessing=summary.preprocessing,
        explained_variance=projection.explained if projection else None,
        parameters=Parameters(trainable=sum(values.numel() for values in parameters)),
        seeds={
            seed: Trained(
                fit_seed=fit_seed(seed, architecture, fold.fold),
                stopping_epoch=classifier.best_epoch,
                epochs=len(classifier.history),
                diverged=classifier.diverged,
            )
            for seed, classifier in fits.items()
        },
        # What follows a plus is the build, which changes no byte.
        versions={name: version(name).partition("+")[0] for name in VERSIONS},
        weights_sha256="",
    )
