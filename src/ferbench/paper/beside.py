"""The paper's numbers beside those of this run."""

from ferbench.markup.markdown import spread, stamped, to_markdown
from ferbench.paper.statements import CAVEAT, CLASSES, DATASET, PRINTED
from ferbench.results.comparison import Comparison


def printed(comparison: Comparison, decimals: int) -> str:
    """Markdown with a table of the systems for which the paper prints numbers.

    Empty where the comparison is neither of the paper's data nor of their synthetic stand-in, has
    other classes, or none of these systems.
    """
    rows = [
        [
            name,
            f"{one.parameters:,}",
            f"{row.parameters:,}",
            spread(one.error_rate, one.spread, 1),
            spread(row.metrics["error_rate"].mean, row.metrics["error_rate"].std, decimals),
        ]
        for name, one in PRINTED.items()
        if (row := comparison.architectures.get(name))
    ]
    of_the_paper = comparison.dataset == DATASET and set(comparison.classes) == CLASSES
    if not rows or not of_the_paper:
        return ""
    heads = ["", "parameters, printed", "here", "error rate, printed, %", "here, %"]
    blocks = [
        "## Printed, and here",
        stamped(comparison.stamps, comparison.dataset),
        to_markdown([heads, *rows], left=1),
        CAVEAT,
        "The two are of other data, another split and other networks: neither confirms nor "
        "contradicts the other. Here, ± is the standard deviation over the folds, where there is "
        "more than one.",
    ]
    return "\n\n".join(blocks) + "\n\n"
