"""From the finished fits to the comparison: tables, one file of numbers, the figures."""

from pathlib import Path

from ferbench.config.schema import Params
from ferbench.evaluation.comparison import evaluate
from ferbench.io.files import publish
from ferbench.reporting import figures
from ferbench.reporting.numbers import write_numbers
from ferbench.reporting.pairs import write_pairs
from ferbench.reporting.tables import write_tables
from ferbench.results.baselines import read_baselines
from ferbench.results.comparison import write_comparison
from ferbench.results.fits import read_all
from ferbench.results.layout import COMPARE, TABLE_MD


def compare(params: Params, *, fits: Path, baseline: Path, to: Path) -> None:
    """Make the comparison table and its figures from the fits of params.yaml.

    Exactly its architectures and folds are compared, by their test parts; the table is printed.

    Rows are grouped by input, and by name within a kind of input; references come last. Folds of
    further repeats count like the others.

    Args:
        params: names, folds, folds of one repeat, and how it is drawn and printed.
        fits: folder of `train`, of which only <architecture>/fold-<id>/ asked for are looked at.
        baseline: folder of `baseline`, of which only the folds asked for are looked at.
        to: folder to write tables, figures and numbers into.

    Raises:
        ValueError: a fit or a baseline is missing, broken or not comparable.
    """
    found = read_all(fits, params.names, params.folds)
    references = read_baselines(baseline, found)
    evaluation = evaluate(found, references, params.compare, params.split.k)
    with publish(to, *COMPARE) as folder:
        write_tables(evaluation.comparison, folder, params.compare.decimals)
        write_pairs(evaluation, folder)
        write_numbers(evaluation, folder)
        figures.save(evaluation, folder)
        write_comparison(folder, evaluation.comparison)
    print((to / TABLE_MD).read_text(encoding="utf-8"))
    print(f"Tables and figures: {to}")
