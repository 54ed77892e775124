"""What Sharma & Jain, Characterization of Facial Expression using Deep Neural Networks, print."""

from typing import NamedTuple

import numpy as np


class Printed(NamedTuple):
    """The paper's own numbers for one architecture."""

    parameters: int  # trainable parameters
    error_rate: float  # mean share of sequences decided wrongly
    spread: float
    """What stands behind its plus-minus sign, a share; the paper does not say what it is."""


PRINTED = {
    "lstm": Printed(parameters=94_606, error_rate=0.146, spread=0.007),
    "bilstm": Printed(parameters=90_292, error_rate=0.132, spread=0.008),
}
"""By architecture; for CNN, RNN and CNN-LSTM it prints neither a size nor a result."""

CAVEAT = (
    "Printed: the numbers of Sharma & Jain for their own data. Their parameter counts were not "
    "reproduced by any family tried; the stated sizes and counts are mutually inconsistent. The "
    "paper does not say what its ± means."
)

DATASET = "cohn_kanade"
CLASSES = {"anger", "happiness", "sadness", "disgust", "surprise", "fear"}
SUBJECTS = 30
FOLDS = 5
INPUTS = 30  # numbers a network reads from a frame
OUTPUTS = 6  # classes
CELLS = {"lstm": 120, "bilstm": 80}
"""In each hidden layer; the bidirectional network has one layer forward and one backward."""

SAYS = {
    "data": f"Cohn-Kanade database, {SUBJECTS} people of both sexes, aged 20 to 35; six classes: "
    "anger, happiness, sadness, disgust, surprise, fear",
    "protocol": f"{FOLDS}-fold cross-validation",
    "systems": "CNN, RNN, LSTM, hybrid CNN-LSTM and a bidirectional LSTM",
    "sizes": f"bidirectional LSTM: {CELLS['bilstm']} cells in the forward and in the backward "
    f"hidden layer; LSTM: {CELLS['lstm']} cells; {INPUTS} inputs, {OUTPUTS} outputs",
    "training": "softmax and cross-entropy, frame by frame with the sequence's label",
    "decision": "the outputs of a sequence's frames are added up and normalised",
    "result": "the error rates below, “significantly”; “all the sequences were correctly "
    "classified”",
    "future work": "several classifiers combined; real-time use, for which the unidirectional "
    "network is said to be suited; model-based image interpretation joined with sequence labelling",
}
"""In our words; the paper's own stand in quotation marks."""

LEAVES_OPEN = {
    "±": "what it means",
    "folds": "whether a subject is in one part only",
    "data": "how many sequences there are, and which of their frames are used",
    "training": "the optimiser and the rule for stopping",
    "inputs": f"what the {INPUTS} inputs are",
    "sizes": f"whether the {CELLS['bilstm']} cells are those of one direction or of both",
    "other systems": "any size or result of CNN, RNN and CNN-LSTM",
    "result": "how “all the sequences were correctly classified” goes with an error rate of "
    f"{100 * PRINTED['bilstm'].error_rate:.1f} %; which test “significantly” rests on",
}

IMAGE = np.array(
    [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
)
"""The worked example of a convolution: the figure shows four rows, the fifth is customary."""
KERNEL = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
CONVOLVED = np.array([[4, 3, 4], [2, 4, 3], [2, 3, 4]])
"""The paper's result: no padding, stride 1, the kernel not turned."""

FEATURED_MAP = np.array([[1, 4, 2, 7], [2, 6, 8, 5], [3, 4, 0, 7], [1, 2, 3, 1]])
"""The worked example of max pooling."""
WINDOW = 2  # its side and stride
