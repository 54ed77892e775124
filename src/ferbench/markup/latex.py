"""Tables for papers: LaTeX with booktabs."""

import re
from collections.abc import Sequence

from tabulate import LATEX_ESCAPE_RULES, tabulate


def to_latex(rows: Sequence[Sequence[str]], left: int, caption: Sequence[str]) -> str:
    r"""A table environment with `\label{tab:comparison}`; it needs `\usepackage{booktabs}`.

    `rows` begin with the heads; the first `left` columns are flush left, the others right. The
    caption is paragraphs of Markdown; of its marks only the text stays.
    """
    sides = ["left"] * left + ["right"] * (len(rows[0]) - left)
    body = tabulate(
        rows[1:], rows[0], tablefmt="latex_booktabs", colalign=sides, disable_numparse=True
    )
    said = " ".join(map(escaped, caption))
    lines = [
        "% needs \\usepackage{booktabs}; wide: take table* or a landscape page",
        "\\begin{table}",
        "\\centering\\small",
        body,
        f"\\caption{{{said}}}",
        "\\label{tab:comparison}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(markdown: str) -> str:
    """Text in which no character means anything to LaTeX."""
    plain = re.sub(r"(\*\*|\*|`)(.+?)\1", r"\2", markdown)
    return "".join(LATEX_ESCAPE_RULES.get(letter, letter) for letter in plain)
