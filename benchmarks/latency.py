"""How long a model takes for one frame of a stream, on one core: `make latency`.

Weights are random, which costs the same. Machines differ and are shared, so the figures are printed
and nothing is asserted.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ferbench.determinism

import numpy as np
import torch

from ferbench.config.params import load
from ferbench.config.schema import Crop, Params
from ferbench.faces.alignment import align
from ferbench.faces.mesh import FaceMesh
from ferbench.faces.sequence import AlignedFace
from ferbench.inference.model import Model, Posteriors
from ferbench.inference.stream import Stream
from ferbench.io.arrays import Floats
from ferbench.models import architectures, inputs
from ferbench.models.inputs import Projection
from ferbench.models.predictor import Predictor
from ferbench.results.card import Card
from ferbench.synthetic.sequence import Animation

FRAMES = 16
ROUNDS = 25
WARM = 3  # rounds that are not counted


def milliseconds(work: Callable[[int], object]) -> list[float]:
    """Of every call, with the indices of the frames in turn."""
    taken = []
    for _ in range(WARM + ROUNDS):
        for index in range(FRAMES):
            start = time.perf_counter()
            work(index)
            taken.append(1000 * (time.perf_counter() - start))
    return taken[WARM * FRAMES :]


def untrained(name: str, params: Params) -> Model:
    """The architecture as params.yaml sizes it."""
    module, sizes = architectures.read(params, name)
    kind, variant = inputs.find(module.INPUT), params.inputs[module.INPUT].variant
    crop = Crop(**params.preprocess.model_dump(include=set(Crop.model_fields)))
    classes = params.preprocess.classes
    network = module.Network(sizes, len(classes), inputs.width(module.INPUT, crop.size))
    known: Any = {"architecture": name, "input": module.INPUT, "causal": module.CAUSAL}
    known |= {"train": {module.INPUT: variant, "reference": params.train.reference}}
    card = Card.model_construct(**known, classes=classes)
    predictor, fitted = Predictor(network), kind.fitted(variant)

    def posteriors(values: Floats) -> Posteriors:
        frames, sequence = predictor(torch.from_numpy(values))
        return frames.numpy(), sequence.numpy()

    projection = Projection(np.zeros(fitted[1]), np.eye(*fitted), 1.0) if fitted else None
    return Model(Path(name), card, {}, crop, kind, posteriors, network, projection)


def report(title: str, taken: list[float]) -> None:
    """One row of the table."""
    print(f"{title:42} {np.median(taken):8.2f} {np.percentile(taken, 95):8.2f}", flush=True)


def main() -> None:
    """Print the table."""
    ferbench.determinism.settle(1)
    params = load(Path("params.yaml"))
    take, mesh = Animation(params.synthesize, 1, 1), FaceMesh()
    images = [take.frame(k % len(take)) for k in range(FRAMES)]
    found = [mesh(image).landmarks for image in images]
    height, width = images[0].shape
    print(f"{f'a frame of {width} x {height}, one core':42} {'median':>8} {'95 %':>8}  ms")
    report("landmarks: detector and mesh", milliseconds(lambda k: mesh(images[k])))
    for name in params.names:
        model = untrained(name, params)
        if not model.card.causal:
            print(f"{name:42} {'needs the whole sequence':>17}")
            continue
        stream = Stream(model)

        def answer(k: int, stream: Stream = stream, model: Model = model) -> None:
            face = AlignedFace(*align(images[k], found[k], model.crop), found[k])
            stream.push(model.row(face))

        report(f"{name}: aligned, described, classified", milliseconds(answer))


if __name__ == "__main__":
    ferbench.determinism.notice()
    main()
