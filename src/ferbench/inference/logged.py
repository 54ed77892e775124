"""A fit that MLflow loads: `mlflow.pyfunc.load_model` calls `_load_pyfunc` of its folder."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferbench import determinism
from ferbench.inference.model import Model


class Logged:
    """What MLflow's `predict` calls."""

    def __init__(self, model: Model):
        self._model = model

    def predict(
        self, model_input: NDArray[np.generic], params: object = None
    ) -> dict[str, NDArray[np.float32]]:
        """Posteriors of the frames, (time, classes), and of the sequence, (classes,).

        `model_input` is one whole sequence of the array of `ferbench preprocess` that the model's
        input reads: landmarks, (time, 68, 2) float32, or crops, (time, size, size) uint8. `params`
        are MLflow's; this model has none. ValueError if there are no frames.
        """
        given = np.asarray(model_input)
        if not len(given):
            raise ValueError("no frames; give it one whole sequence")
        frames, sequence = self._model.posteriors(self._model.describe(given))
        return {"frames": frames, "sequence": sequence}


def _load_pyfunc(path: str) -> Logged:
    determinism.notice()  # MLflow has imported numpy by now
    return Logged(Model.read(Path(path)))
