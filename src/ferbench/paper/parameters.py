"""Closed forms of how many parameters a recurrent network has, held against the printed counts."""

from dataclasses import dataclass
from math import gcd

from ferbench.paper.statements import CELLS, INPUTS, OUTPUTS, PRINTED

MATRICES = {"rnn": 1, "gru": 3, "lstm": 4}
"""Weight matrices a recurrent layer has from its inputs, and as many from its own outputs."""


@dataclass(frozen=True)
class Convention:
    """What a library gives a recurrent layer beside its weight matrices."""

    name: str
    biases: int
    """Bias vectors to each matrix."""
    peepholes: int
    """Weights from an LSTM cell's state to its gates, a cell."""


CONVENTIONS = (
    Convention("Graves / RNNLIB", biases=1, peepholes=3),
    Convention("PyTorch", biases=2, peepholes=0),
    Convention("Keras", biases=1, peepholes=0),
)


@dataclass(frozen=True)
class Recurrent:
    """One recurrent layer, in one or two directions, and a linear readout with one bias."""

    kind: str
    """A key of MATRICES."""
    hidden: int
    """Cells a direction."""
    directions: int = 1

    def parameters(
        self, convention: Convention, inputs: int = INPUTS, outputs: int = OUTPUTS
    ) -> int:
        """directions * hidden * (matrices * (inputs + hidden + biases) + peepholes) + readout."""
        peepholes = convention.peepholes if self.kind == "lstm" else 0
        a_cell = MATRICES[self.kind] * (inputs + self.hidden + convention.biases) + peepholes
        return self.directions * self.hidden * (a_cell + outputs) + outputs


@dataclass(frozen=True)
class CountRow:
    """A network's parameters under each convention."""

    name: str
    network: Recurrent
    parameters: dict[str, int]
    """By the convention's name."""
    printed: int | None


def count_rows() -> list[CountRow]:
    """The two networks of the paper, 80 cells in all read the other way, and three for scale."""
    lstm, bilstm = CELLS["lstm"], CELLS["bilstm"]
    half = bilstm // 2
    networks = [
        (f"LSTM-{lstm}", Recurrent("lstm", lstm), PRINTED["lstm"].parameters),
        (f"BiLSTM {bilstm}+{bilstm}", Recurrent("lstm", bilstm, 2), PRINTED["bilstm"].parameters),
        (f"BiLSTM {half}+{half}", Recurrent("lstm", half, 2), PRINTED["bilstm"].parameters),
        (f"GRU-{lstm}", Recurrent("gru", lstm), None),
        (f"RNN-{lstm}", Recurrent("rnn", lstm), None),
        ("RNN-253", Recurrent("rnn", 253), None),  # as large as the LSTM
    ]
    return [
        CountRow(name, network, {c.name: network.parameters(c) for c in CONVENTIONS}, printed)
        for name, network, printed in networks
    ]


def hidden_groups(hidden: int, outputs: int = OUTPUTS) -> dict[str, int]:
    """Sizes of the groups of weights at one hidden LSTM layer of one-cell blocks, one direction.

    A network has each group a whole number of times (none, one, one for each input, direction or
    bias vector), so what all sizes have in common divides their sum. Groups that grow with the
    number of inputs are given for one input.
    """
    return {
        "from an input to cells and gates": 4 * hidden,
        "from the layer's own outputs": 4 * hidden * hidden,
        "from the other direction's outputs": 4 * hidden * hidden,
        "biases of cells and gates": 4 * hidden,
        "peepholes": 3 * hidden,
        "from the network's outputs": 4 * hidden * outputs,
        "readout": outputs * hidden,
    }


def output_groups(outputs: int = OUTPUTS) -> dict[str, int]:
    """Sizes of the groups at the outputs that touch no hidden layer."""
    return {"biases of the outputs": outputs, "from an input straight to the outputs": outputs}


@dataclass(frozen=True)
class Divisibility:
    """What divides every possible count, and what the printed one leaves over."""

    printed: int
    divisor: int
    """Greatest common divisor of the groups."""
    remainders: dict[tuple[int, int], int]
    """By (biases of the outputs, weights from inputs to outputs) taken off first, in numbers of
    weights; (0, 0) where these groups are among those divided."""

    @property
    def possible(self) -> bool:
        """Whether some choice leaves nothing over."""
        return 0 in self.remainders.values()


def lstm_divisibility() -> Divisibility:
    """LSTM-120: any number of inputs, biases, peepholes, skips, and feedback from the outputs."""
    printed = PRINTED["lstm"].parameters
    groups = hidden_groups(CELLS["lstm"]) | output_groups()
    divisor = gcd(*groups.values())
    return Divisibility(printed, divisor, {(0, 0): printed % divisor})


def bilstm_divisibility() -> Divisibility:
    """BiLSTM 80+80 at 30 inputs: at most one bias an output and one skip from inputs to outputs."""
    printed = PRINTED["bilstm"].parameters
    divisor = gcd(*hidden_groups(CELLS["bilstm"]).values())
    return Divisibility(
        printed,
        divisor,
        {
            (biases, skip): (printed - biases - skip) % divisor
            for biases in (0, OUTPUTS)
            for skip in (0, INPUTS * OUTPUTS)
        },
    )
