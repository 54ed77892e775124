"""From everything that was made to the sections of the report, which Snakemake puts on one page."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from ferbench.config.schema import Params
from ferbench.io.files import publish, read_json
from ferbench.markup.html import folded, to_html, verbatim
from ferbench.markup.markdown import stamped
from ferbench.paper.audit import audit
from ferbench.paper.beside import printed
from ferbench.reporting import provenance
from ferbench.reporting.controls import controls
from ferbench.reporting.data import data
from ferbench.results.fits import Fit, read_all
from ferbench.validation.controls import rows_of


def report(
    params: Params,
    *,
    settings: Path,
    fits: Path,
    parts: Path,
    frames: Path,
    landmarks: Path,
    sequences: Path,
    summary: Path,
    metrics: Path,
    table_csv: Path,
    table_md: Path,
    pairs_md: Path,
    terms: Path,
    controls_csv: Path,
    code: Path,
    **sections: Path,
) -> None:
    """Write the sections that are text or tables, as pieces of HTML; figures stay as they are.

    Args:
        params: the content of `settings`.
        settings: params.yaml.
        fits: folder of the fits, <architecture>/fold-<id>/.
        parts: folder of split's JSON, fold-<id>.json.
        frames: preprocess's crops, of which only the checksum is shown; so are `landmarks` and
            `sequences`.
        landmarks: preprocess's landmarks.
        sequences: preprocess's table of sequences.
        summary: preprocess's JSON.
        metrics: compare's JSON.
        table_csv: compare's table, all digits.
        table_md: compare's table for people.
        pairs_md: compare's differences for people.
        terms: folder of the controls' changes to params.yaml, <name>.yaml.
        controls_csv: folder of the controls' tables.
        code: folder of the sources.
        sections: HTML to write, by the names of `Sections`.

    Raises:
        ValueError: a fit is missing or broken.
    """
    numbers = read_json(metrics)
    read = read_all(fits, list(params.architectures), params.folds)
    folds = [read_json(parts / f"fold-{fold}.json") for fold in params.folds]
    text = settings.read_text(encoding="utf-8")
    decimals = params.compare.decimals
    html = {
        "comparison": to_html(table_md.read_text(encoding="utf-8")),
        "pairs": to_html(pairs_md.read_text(encoding="utf-8")),
        "controls": to_html(
            controls(yaml.safe_load(text), terms, controls_csv, rows_of(table_csv), decimals)
        ),
        "audit": to_html(printed(numbers, decimals) + audit()),
        "data": to_html(data(read_json(summary), folds, numbers["stamps"])),
        "provenance": _provenance(
            text,
            [fit for of_one in read.values() for fit in of_one],
            [frames, landmarks, sequences, summary],
            code,
        ),
    }
    if set(sections) != set(html):
        raise ValueError(f"sections asked for: {sorted(sections)}; there are: {sorted(html)}")
    with publish(*sections.values()) as paths:
        for name, path in zip(sections, paths, strict=True):
            path.write_text(html[name], encoding="utf-8")
    print(f"Sections: {', '.join(map(str, sections.values()))}")


def _provenance(text: str, fits: Sequence[Fit], files: Sequence[Path], code: Path) -> str:
    """What is short is shown, what is long on demand."""
    cards = [fit.card for fit in fits]
    sources = provenance.checksums(code)
    shown = [
        stamped(cards[0].stamps, cards[0].dataset),
        provenance.versions(cards),
        provenance.seeds(yaml.safe_load(text)),
        provenance.data(files),
        f"Code, {len(sources)} files: SHA-256 `{provenance.combined(sources)}`, as",
        f"```\ncd {code} && find . -type f ! -name '*.pyc' -printf '%P\\n' | LC_ALL=C sort | "
        "xargs sha256sum | sha256sum\n```",
        "prints.",
    ]
    return "".join(
        [
            to_html("\n\n".join(shown)),
            folded("params.yaml", verbatim(text)),
            folded(f"{len(fits)} fits", to_html(provenance.fits(cards))),
            folded(f"{len(sources)} sources", to_html(provenance.code(sources))),
        ]
    )
