"""Published results on Cohn-Kanade sequences, for context: protocols and data differ.

Only figures that were read are here, either in the paper itself or in another one that cites it.
"""

from ferbench.paper.statements import FOLDS, INPUTS, OUTPUTS, PRINTED

HEADS = ("method", "year", "input", "protocol", "accuracy, %", "source")
"""Of PUBLISHED. A dash stands for what was not noted.

The accuracies are as printed, in the order of the methods named. Verified: read in the work itself;
secondary source: read in another that reports it.
"""
PUBLISHED = (
    (
        "bidirectional LSTM; LSTM (Sharma & Jain)",
        *("—", f"{INPUTS} features", f"{FOLDS}-fold, {OUTPUTS} classes"),
        "; ".join(f"{100 * (1 - PRINTED[name].error_rate):.1f}" for name in ("bilstm", "lstm")),
        "verified",
    ),
    (
        *("STM-ExpLet; LOMo; DBN; zero-bias CNN", "2014 to 2016", "pixels", "mixed"),
        *("94.2; 95.1; 96.7; 98.4", "secondary source"),
    ),
    (
        *("DTAGN, two re-implementations", "—", "landmarks and pixels", "10-fold"),
        *("96.87; 96.2", "verified"),
    ),
    ("SD-CNN", "2021", "pixels", "—", "99.7", "verified"),
    ("ST-RDGCN", "2025", "pixels", "—", "99.69", "verified"),
)

LABELLED = {
    **{"surprise": 83, "happiness": 69, "disgust": 59, "anger": 45},
    **{"sadness": 28, "fear": 25, "contempt": 18},
}
"""Labelled sequences of the extended Cohn-Kanade database (CK+), by class; verified."""
SUBJECTS_BY_SEQUENCES = {1: 10, 2: 23, 3: 47, 4: 19, 5: 6, 6: 1}
"""CK+ without contempt: how many subjects have how many sequences; verified."""
SEQUENCES = sum(number * subjects for number, subjects in SUBJECTS_BY_SEQUENCES.items())
"""Of CK+ without contempt."""
