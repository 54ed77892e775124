"""The audit of the printed parameter counts as Markdown."""

from collections.abc import Iterable, Sequence

from ferbench.markup.markdown import align as table
from ferbench.paper.families import BOUNDS, FAMILIES
from ferbench.paper.parameters import (
    CONVENTIONS,
    bilstm_divisibility,
    count_rows,
    lstm_divisibility,
)
from ferbench.paper.search import BILSTMS, LSTM, Hit, Tally
from ferbench.paper.statements import INPUTS, OUTPUTS

VERDICT = (
    "**The printed counts were not reproduced by any family tried; the stated sizes and counts are "
    "mutually inconsistent.**"
)


def counts(found: Sequence[Tally] | None) -> list[str]:
    """Paragraphs and tables; with `found`, also what `search` came to."""
    blocks = [*_closed_forms(), *_divisibility()]
    if found is None:
        families = "\n".join(f"- {family.__doc__}" for family in FAMILIES)
        return [
            VERDICT,
            *blocks,
            "`ferbench audit --search` counts, in seconds, all members of these families:",
            families,
            BOUNDS,
        ]
    if any(tally.both for tally in found):  # it would be news, and the verdict wrong
        return [*_search(found), *blocks]
    return [VERDICT, *blocks, *_search(found)]


def _closed_forms() -> list[str]:
    names = [convention.name for convention in CONVENTIONS]
    rows = [
        [
            row.name,
            *(f"{row.parameters[name]:,}" for name in names),
            f"{row.printed:,}" if row.printed else "—",
        ]
        for row in count_rows()
    ]
    conventions = "; ".join(
        f"{one.name}: {one.biases} bias vector{'s' * (one.biases != 1)} and {one.peepholes} "
        "peepholes a cell"
        for one in CONVENTIONS
    )
    return [
        table([["network", *names, "printed"], *rows], left=1),
        f"{INPUTS} inputs, {OUTPUTS} outputs with one bias each. {conventions}; peepholes are "
        "those of LSTM cells. Keras's GRU has one bias vector with `reset_after=False` only.",
    ]


def _divisibility() -> list[str]:
    lstm, bilstm = lstm_divisibility(), bilstm_divisibility()
    left = ", ".join(map(str, bilstm.remainders.values()))
    return [
        f"{LSTM.name} with {OUTPUTS} outputs, one layer and blocks of one cell: every group "
        f"of weights is a multiple of {lstm.divisor}, whatever the number of inputs, biases, "
        f"peepholes, skip connections or feedback from the outputs. {lstm.printed:,} leaves "
        f"{lstm.remainders[0, 0]}: {_verdict(lstm.possible)}.",
        f"{BILSTMS[0].name} at {INPUTS} inputs, one layer and blocks of one cell: every "
        "group at the hidden layer is a multiple of "
        f"{bilstm.divisor}. Less no or one bias an output and no or one skip from inputs to "
        f"outputs, {bilstm.printed:,} leaves {left}: {_verdict(bilstm.possible)}.",
    ]


def _verdict(possible: bool) -> str:
    return "not excluded" if possible else "impossible"


def _search(found: Sequence[Tally]) -> list[str]:
    heads = ["family", "counted", LSTM.name, *(one.name for one in BILSTMS), "both"]
    rows = []
    for tally in found:
        names = [hit.network for hit in tally.hits]
        hits = [f"{names.count(one.name):,}" for one in (LSTM, *BILSTMS)]
        rows.append([tally.family, f"{tally.tried:,}", *hits, str(len(tally.both))])
    both = [pair for tally in found for pair in tally.both]
    nearly = [pair for tally in found for pair in tally.nearly]
    hits_at = [hit for tally in found for hit in tally.hits if hit.as_stated]
    lstms = sum(hit.network == LSTM.name for hit in hits_at)
    return [
        f"{sum(tally.tried for tally in found):,} networks were counted. The columns say how many "
        "have the printed count, and in how many cases the same choices give it to both:",
        table([heads, *rows], left=1),
        BOUNDS,
        f"**Both printed counts by the same choices: {len(both) or 'none'}.**",
        *_listed(str(hit) for pair in both for hit in pair),
        "Both by the same choices but for a projection or feed-forward layer of another width in "
        f"each network: {len(nearly) or 'none'}.",
        *_listed(f"{left}; {_difference(left, right)}" for left, right in nearly),
        f"One of them at the stated {INPUTS} inputs and {OUTPUTS} outputs: {lstms or 'none'} for "
        f"the LSTM, {len(hits_at) - lstms or 'none'} for the bidirectional network.",
        *_listed(map(str, hits_at)),
    ]


def _difference(left: Hit, right: Hit) -> str:
    keys = [key for key, value in right.choices.items() if left.choices[key] != value]
    return f"{right.network}: the same, {', '.join(f'{key} {right.choices[key]}' for key in keys)}"


def _listed(items: Iterable[str]) -> list[str]:
    lines = "\n".join(f"- {item}" for item in items)
    return [lines] if lines else []
