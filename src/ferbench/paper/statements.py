"""What Sharma & Jain, Characterization of Facial Expression using Deep Neural Networks, print."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Printed:
    """The paper's own numbers for one architecture."""

    parameters: int
    """Trainable parameters."""
    error_rate: float
    """Mean share of sequences decided wrongly."""
    spread: float
    """What stands behind its plus-minus sign, a share; the paper does not say what it is."""


PRINTED = {
    "lstm": Printed(parameters=94_606, error_rate=0.146, spread=0.007),
    "bilstm": Printed(parameters=90_292, error_rate=0.132, spread=0.008),
}
"""By architecture; for CNN, RNN and CNN-LSTM it prints neither a size nor a result."""

CAVEAT = (
    "Printed: the numbers of Sharma & Jain for their own data. Their parameter counts were not "
    "reproduced by any family tried; the stated sizes and counts are mutually inconsistent. What "
    "their ± means is not said."
)

SUBJECTS = 30
FOLDS = 5
INPUTS = 30
"""Numbers a network reads from a frame."""
OUTPUTS = 6
"""Classes."""
CELLS = {"lstm": 120, "bilstm": 80}
"""In each hidden layer; the bidirectional network has one layer forward and one backward."""


@dataclass(frozen=True)
class Statement:
    """Something the paper says or leaves open, in our words; its own stand in quotation marks."""

    about: str
    text: str


CLAIMS = (
    Statement(
        "data",
        f"Cohn-Kanade database, {SUBJECTS} people of both sexes, aged 20 to 35; six classes: "
        "anger, happiness, sadness, disgust, surprise, fear",
    ),
    Statement("protocol", f"{FOLDS}-fold cross-validation"),
    Statement("systems", "CNN, RNN, LSTM, hybrid CNN-LSTM and a bidirectional LSTM"),
    Statement(
        "sizes",
        f"bidirectional LSTM: {CELLS['bilstm']} cells in the forward and in the backward hidden "
        f"layer; LSTM: {CELLS['lstm']} cells; {INPUTS} inputs, {OUTPUTS} outputs",
    ),
    Statement(
        "training",
        "softmax and cross-entropy, frame by frame with the sequence's label",
    ),
    Statement("decision", "the outputs of a sequence's frames are added up and normalised"),
    Statement(
        "result",
        "the error rates below, “significantly”; “all the sequences were correctly classified”",
    ),
    Statement(
        "future work",
        "several classifiers combined; real-time use, for which the unidirectional network is said "
        "to be suited; model-based image interpretation joined with sequence labelling",
    ),
)

OPEN = (
    Statement("±", "what it means"),
    Statement("folds", "whether a subject is in one part only"),
    Statement("data", "the number of sequences, and which of their frames are used"),
    Statement("training", "the optimiser and the rule for stopping"),
    Statement("inputs", f"what the {INPUTS} inputs are"),
    Statement("sizes", f"whether {CELLS['bilstm']} cells are those of a direction or of both"),
    Statement("other systems", "any size or result of CNN, RNN and CNN-LSTM"),
    Statement(
        "result",
        "how “all the sequences were correctly classified” goes with an error rate of "
        f"{100 * PRINTED['bilstm'].error_rate:.1f} %; which test “significantly” rests on",
    ),
)


@dataclass(frozen=True)
class Convolution:
    """The worked example of a convolution: no padding, stride 1, the kernel not turned."""

    image: NDArray[np.int64]
    """(5, 5); the figure shows four rows, the fifth is that of the customary example."""
    kernel: NDArray[np.int64]
    """(3, 3)"""
    result: NDArray[np.int64]
    """(3, 3), as the paper has it."""


@dataclass(frozen=True)
class Pooling:
    """The worked example of max pooling, windows of 2 x 2 at a stride of 2."""

    featured_map: NDArray[np.int64]
    """(4, 4)"""
    window: int
    """Side and stride."""


CONVOLUTION = Convolution(
    image=np.array(
        [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    ),
    kernel=np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]),
    result=np.array([[4, 3, 4], [2, 4, 3], [2, 3, 4]]),
)

POOLING = Pooling(
    featured_map=np.array([[1, 4, 2, 7], [2, 6, 8, 5], [3, 4, 0, 7], [1, 2, 3, 1]]), window=2
)
