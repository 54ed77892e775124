"""What Sharma & Jain, Characterization of Facial Expression using Deep Neural Networks, print."""

from dataclasses import dataclass


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
