"""The paper's numbers beside those of this run."""

from collections.abc import Mapping
from typing import Any

from ferbench.markup.markdown import align, spread, stamped
from ferbench.paper.statements import PRINTED


def printed(summary: Mapping[str, Any], decimals: int) -> str:
    """Markdown, from the content of metrics.json; empty if none of the paper's systems is in it."""
    rows = [
        [
            name,
            f"{one.parameters:,}",
            f"{summary['architectures'][name]['parameters']:,}",
            spread(one.error_rate, one.spread, 1),
            _error(summary["architectures"][name]["error_rate"], decimals),
        ]
        for name, one in PRINTED.items()
        if name in summary["architectures"]
    ]
    if not rows:
        return ""
    heads = ["", "parameters, printed", "here", "error rate, printed, %", "here, %"]
    blocks = [
        "## Printed, and here",
        stamped(summary["stamps"], summary["dataset"]),
        align([heads, *rows], left=1),
        "Other data, another split and other networks: the two do not confirm or contradict each "
        "other. Here ± is the standard deviation over the folds, where there is more than one; "
        "what the printed ± is, the paper does not say.",
    ]
    return "\n\n".join(blocks) + "\n\n"


def _error(measured: Mapping[str, Any], decimals: int) -> str:
    return spread(measured["mean"], measured["std"], decimals)
