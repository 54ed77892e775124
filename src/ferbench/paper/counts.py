"""The audit of the printed parameter counts, as Markdown."""

from importlib.resources import files
from math import gcd
from typing import NamedTuple

from ferbench.markup.markdown import to_markdown
from ferbench.paper.statements import CELLS, INPUTS, OUTPUTS, PRINTED

MATRICES = {"rnn": 1, "gru": 3, "lstm": 4}
"""Weight matrices that a recurrent layer has from its inputs, and as many from its own outputs."""
SEARCH = files("ferbench") / "assets" / "parameter_search.md"
"""What tools/parameter_search.py found, and what it tried."""


class Convention(NamedTuple):
    """What a library gives a recurrent layer beside its weight matrices."""

    name: str
    biases: int  # bias vectors to each matrix
    peepholes: int  # weights from an LSTM cell's state to its gates, a cell


CONVENTIONS = (
    Convention("Graves / RNNLIB", biases=1, peepholes=3),
    Convention("PyTorch", biases=2, peepholes=0),
    Convention("Keras", biases=1, peepholes=0),
)


class Network(NamedTuple):
    """One recurrent layer, in one or two directions, and a linear readout with one bias."""

    name: str
    kind: str  # a key of MATRICES
    cells: int  # of each direction
    directions: int = 1
    printed: int | None = None  # parameters, as the paper prints them

    def parameters(
        self, convention: Convention, inputs: int = INPUTS, outputs: int = OUTPUTS
    ) -> int:
        """directions * cells * (matrices * (inputs + cells + biases) + peepholes) + readout."""
        peepholes = convention.peepholes if self.kind == "lstm" else 0
        a_cell = MATRICES[self.kind] * (inputs + self.cells + convention.biases) + peepholes
        return self.directions * self.cells * (a_cell + outputs) + outputs


LSTM = Network(f"LSTM-{CELLS['lstm']}", "lstm", CELLS["lstm"], 1, PRINTED["lstm"].parameters)
BILSTMS = tuple(
    Network(f"BiLSTM {cells}+{cells}", "lstm", cells, 2, PRINTED["bilstm"].parameters)
    for cells in (CELLS["bilstm"], CELLS["bilstm"] // 2)
)
"""The stated cells are those of each direction, or of both."""
NETWORKS = (
    *(LSTM, *BILSTMS, Network(f"GRU-{LSTM.cells}", "gru", LSTM.cells)),
    Network(f"RNN-{LSTM.cells}", "rnn", LSTM.cells),
    Network("RNN-253", "rnn", 253),  # as large as the LSTM
)


def hidden_groups(cells: int) -> tuple[int, ...]:
    """Sizes of the groups of weights at a hidden layer of LSTM cells, in one direction.

    A network has each group a whole number of times, so a number that divides all sizes divides
    its count too.
    """
    return (
        4 * cells,  # from one input; one bias vector
        4 * cells * cells,  # from the layer's own outputs; from the other direction's
        3 * cells,  # peepholes
        4 * cells * OUTPUTS,  # from the network's outputs
        cells * OUTPUTS,  # to the network's outputs
    )


def lstm_divisibility() -> tuple[int, list[int]]:
    """What divides every count of the LSTM, and what the printed count leaves over.

    Groups at the outputs that touch no cell (their biases, weights from one input) count too.
    """
    divisor = gcd(*hidden_groups(LSTM.cells), OUTPUTS)
    return divisor, [PRINTED["lstm"].parameters % divisor]


def bilstm_divisibility() -> tuple[int, list[int]]:
    """The same for the bidirectional network with the stated inputs.

    The groups at its outputs that touch no cell are taken off first: no or one bias an output,
    no or one weight from each input.
    """
    divisor = gcd(*hidden_groups(CELLS["bilstm"]))
    groups = [biases + skip for biases in (0, OUTPUTS) for skip in (0, INPUTS * OUTPUTS)]
    return divisor, [(PRINTED["bilstm"].parameters - some) % divisor for some in groups]


def counts() -> list[str]:
    """Paragraphs and tables."""
    return [
        "**The printed counts were not reproduced by any family tried; the stated sizes and "
        "counts are mutually inconsistent.**",
        *_closed_forms(),
        *_divisibility(),
        SEARCH.read_text(encoding="utf-8").strip(),
    ]


def _closed_forms() -> list[str]:
    rows = [
        [
            network.name,
            *(f"{network.parameters(convention):,}" for convention in CONVENTIONS),
            f"{network.printed:,}" if network.printed else "—",
        ]
        for network in NETWORKS
    ]
    conventions = "; ".join(
        f"{name} has {biases} bias vector{'s' * (biases != 1)} and {peepholes} peepholes a cell"
        for name, biases, peepholes in CONVENTIONS
    )
    return [
        to_markdown([["network", *(one.name for one in CONVENTIONS), "printed"], *rows], left=1),
        f"All networks have {INPUTS} inputs and {OUTPUTS} outputs with one bias each. "
        f"{conventions}. Only LSTM cells have peepholes. Keras's GRU has one bias vector only with "
        "`reset_after=False`.",
    ]


def _divisibility() -> list[str]:
    (divides, over), (divisor, left) = lstm_divisibility(), bilstm_divisibility()
    return [
        f"{LSTM.name} with {OUTPUTS} outputs, one layer and blocks of one cell: the size of every "
        f"group of weights is a multiple of {divides}, so the count must be one too. This holds "
        "for any number of inputs, biases, peepholes and skip connections, and with feedback from "
        f"the outputs. {LSTM.printed:,} divided by {divides} leaves {_verdict(over)}.",
        f"{BILSTMS[0].name} with {INPUTS} inputs, one layer and blocks of one cell: the size of "
        f"every group of weights at the hidden layer is a multiple of {divisor}. Each output may "
        "have a bias or none, and weights straight from the inputs or none. Without these weights, "
        f"{BILSTMS[0].printed:,} divided by {divisor} leaves {_verdict(left)}.",
    ]


def _verdict(left: list[int]) -> str:
    found = " or ".join(", ".join(map(str, left)).rsplit(", ", 1))
    return f"{found}: {'impossible' if all(left) else 'not excluded'}"
