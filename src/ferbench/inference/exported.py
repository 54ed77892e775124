"""An exported network in use: ONNX Runtime, without PyTorch."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

FILE = "model.onnx"
IDENTITY = "card"  # key of the file's metadata: JSON of what its numbers mean
EXTRA = "ONNX files need more packages: in the project's folder, pip install '.[onnx]'"


def needed(package: str) -> ModuleType:
    """A package that only ONNX files need; ValueError if it is not installed."""
    try:
        return import_module(package)
    except ImportError:
        raise ValueError(EXTRA) from None


class Exported:
    """The network of an ONNX file, from what its input describes to posteriors."""

    def __init__(self, path: Path):
        """Open a file; ValueError if it is damaged, or `ferbench export` did not write it."""
        runtime = needed("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        # One level more lays convolutions out in blocks of the processor's own width, and rounds
        # differently for each.
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.log_severity_level = 4  # the errors below say what is wrong with a file
        try:
            self._session = runtime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except OSError:
            raise
        except Exception as error:  # its own kinds, which share no other ancestor
            problem = " ".join(str(error).split())
            raise ValueError(f"{path}: damaged ONNX ({problem}); export it again") from None
        values = (*self._session.get_inputs(), *self._session.get_outputs())
        if [value.name for value in values] != ["input", "frames", "sequence"]:
            raise ValueError(f"{path}: not what `ferbench export` writes; export it again")
        self.identity: str | None = self._session.get_modelmeta().custom_metadata_map.get(IDENTITY)

    def __call__(
        self, values: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Posteriors of the frames, (time, classes), and of the sequence, (classes,)."""
        frames, sequence = self._session.run(None, {"input": np.asarray(values, np.float32)})
        return frames, sequence
