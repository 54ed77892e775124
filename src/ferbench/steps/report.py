"""From everything that was made to the sections of the report, which Snakemake puts on one page."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from ferbench.config.schema import Params
from ferbench.io.files import publish, sha256
from ferbench.markup.html import folded, to_html, verbatim
from ferbench.markup.markdown import stamped
from ferbench.paper.audit import audit
from ferbench.paper.beside import printed
from ferbench.reporting import provenance
from ferbench.reporting.controls import controls_section
from ferbench.reporting.data import data_section
from ferbench.results.card import Card
from ferbench.results.comparison import read_comparison
from ferbench.results.data import read_summary
from ferbench.results.fits import read_all
from ferbench.results.layout import PAIRS_MD, PREPROCESS, REPORT, TABLE_CSV, TABLE_MD
from ferbench.results.parts import read_fold
from ferbench.validation.controls import rows_of


def report(
    params: Params,
    *,
    data: Path,
    split: Path,
    fits: Path,
    compare: Path,
    controls: Path,
    changes: Path,
    code: Path,
    to: Path,
) -> None:
    """Write the sections of the report: tables, controls, audit, data, provenance.

    Each is a piece of HTML; figures stay as they are.

    Args:
        params: what params.yaml says.
        data: folder of `preprocess`.
        split: folder of `split`.
        fits: folder of `train`.
        compare: folder of `compare`.
        controls: folder of the controls' tables, <name>.csv, and of what they were run with.
        changes: folder of the controls' changes to params.yaml, <name>.yaml.
        code: folder of the sources.
        to: folder to write the sections into.

    Raises:
        ValueError: a file is missing or broken.
    """
    text = params.path.read_text(encoding="utf-8")
    comparison = read_comparison(compare)
    if comparison.architectures.keys() != {*params.names}:
        raise ValueError(f"{compare}: of other architectures than params.yaml; compare again")
    for folder in (changes, code):
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder")
    decimals = params.compare.decimals
    folds = [read_fold(split, fold) for fold in params.folds]
    read = read_all(fits, params.names, params.folds)
    cards = [job[0].card for of_one in read.values() for job in of_one.values()]
    if not (default := rows_of(compare / TABLE_CSV)):
        raise ValueError(f"{compare / TABLE_CSV}: no rows; run `ferbench compare` again")
    judged = controls_section(yaml.safe_load(text), changes, controls, default, decimals)
    beside = printed(comparison, decimals)
    sections = {
        "comparison": to_html((compare / TABLE_MD).read_text(encoding="utf-8")),
        "pairs": to_html((compare / PAIRS_MD).read_text(encoding="utf-8")),
        "controls": to_html(judged),
        "audit": to_html(beside + audit()) if beside else "",
        "data": to_html(data_section(read_summary(data), folds, comparison.stamps)),
        "provenance": _provenance(params, text, cards, [data / name for name in PREPROCESS], code),
    }
    with publish(to, *REPORT) as folder:
        for name, html in sections.items():
            (folder / f"{name}.html").write_text(html, encoding="utf-8")
    print(f"Sections: {to}")


def _provenance(
    params: Params, text: str, cards: Sequence[Card], files: Sequence[Path], code: Path
) -> str:
    """What is short is shown, what is long on demand."""
    sources = provenance.checksums(code)
    shown = [
        stamped(cards[0].stamps, cards[0].dataset),
        provenance.versions(cards),
        provenance.seeds(params),
        provenance.digests("data", {path.name: sha256(path) for path in files}),
        f"Code, {len(sources)} files: SHA-256 `{provenance.combined(sources)}`, as",
        f"```\ncd {code} && find . -type f ! -name '*.pyc' -printf '%P\\n' | LC_ALL=C sort | "
        "xargs sha256sum | sha256sum\n```",
        "prints.",
    ]
    hidden = [
        folded("params.yaml", verbatim(text)),
        folded(f"{len(cards) * len(params.train.seeds)} fits", to_html(provenance.fits(cards))),
        folded(f"{len(sources)} sources", to_html(provenance.digests("source", sources))),
    ]
    return "".join([to_html("\n\n".join(shown)), *hidden])
