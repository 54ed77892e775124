"""Print the tables of docs/method.md on the calibration of the statistics, and draw their figure.

python tools/calibrate.py docs/calibration.svg [STUDIES]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import ferbench.determinism

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from ferbench.reporting.style import BLACK, BLUE, ORANGE, save, styled
from ferbench.validation.calibration import (
    COVERAGE,
    FALSE_POSITIVES,
    PROPERTIES,
    Property,
    assess,
    coverage,
    false_positives,
    power,
)
from ferbench.validation.simulation import Design

PEOPLE = {
    "30 subjects": (6,) * 30,  # 180 sequences, the synthetic release
    "106 subjects": (1, 2, 3, 4, 5) * 20 + (1, 1, 1, 2, 2, 2),  # 309 sequences, as CK+ has
}
DESIGNS = {
    f"{people}, {repeats} x 5 folds": Design(sequences=sizes, repeats=repeats)
    for people, sizes in PEOPLE.items()
    for repeats in (1, 2)
}
EFFECTS = (0.0, 0.01, 0.025, 0.04, 0.06)
"""Training effects: standard deviation of the fits' error rates on all people, shares."""
MEASURED = 0.025
DIFFERENCE = 0.08
"""The real difference, a share."""
SAMPLES = 2_000

LINES = {
    "difference": (BLUE, "o", "-"),
    "folds": (ORANGE, "s", "--"),
    "misread_difference": (BLACK, "^", ":"),
    "sign_flip": (BLUE, "o", "-"),
    "nadeau_bengio": (ORANGE, "s", "--"),
    "misread_sign_flip": (BLACK, "^", ":"),
}
Measured = dict[tuple[str, float], dict[str, list[float]]]
"""By design and training effect; coverages without and with a difference."""


def measure(studies: int) -> Measured:
    """Measure every property under each condition, with other studies for each."""
    measured: Measured = {}
    for number, (name, design) in enumerate(DESIGNS.items()):
        for effect in EFFECTS:
            seed = 1000 * number + int(1000 * effect)
            runs = [
                coverage(
                    Design(**vars(design) | {"training": effect, "difference": difference}),
                    studies=studies,
                    samples=SAMPLES,
                    seed=seed + 500 * (difference > 0),
                )
                for difference in (0.0, DIFFERENCE)
            ]
            tests = false_positives(
                Design(**vars(design) | {"training": effect}), studies=studies, seed=seed
            )
            measured[name, effect] = {key: [run[key] for run in runs] for key in runs[0]}
            measured[name, effect] |= {key: [share] for key, share in tests.items()}
    return measured


def by_design(measured: Measured, studies: int) -> str:
    """The table at the measured training effect."""
    rows = []
    for name, prop in PROPERTIES.items():
        cells = [_cell(prop, measured[design, MEASURED][name]) for design in DESIGNS]
        rows.append([*_what(prop), *cells])
    found = {
        design: power(
            Design(**vars(of) | {"training": MEASURED, "difference": DIFFERENCE}),
            studies=studies,
            seed=9000 + number,
        )
        for number, (design, of) in enumerate(DESIGNS.items())
    }
    for name in ("sign_flip", "nadeau_bengio"):
        shares = [f"{100 * found[design][name]:.1f}" for design in DESIGNS]
        title = f"{PROPERTIES[name].title}: {100 * DIFFERENCE:.0f} points found"
        rows.append([title, PROPERTIES[name].of, "power", *shares])
    return _markdown(["statistic", "truth of the", "share, %", *DESIGNS], rows)


def by_effect(measured: Measured) -> str:
    """The table over training effects: the lowest and the highest share of all designs."""
    rows = []
    for name, prop in PROPERTIES.items():
        cells = []
        for effect in EFFECTS:
            shares = [share for design in DESIGNS for share in measured[design, effect][name]]
            known = [share for share in shares if not np.isnan(share)]
            cells.append(_cell(prop, [min(known), max(known)], " to "))
        rows.append([*_what(prop), *cells])
    effects = [f"effect {100 * effect:g}" for effect in EFFECTS]
    return _markdown(["statistic", "truth of the", "share, %", *effects], rows)


def _what(prop: Property) -> list[str]:
    return [prop.title if prop.ours else f"*{prop.title}*", prop.of, prop.kind]


def _cell(prop: Property, shares: Sequence[float], between: str = " / ") -> str:
    """Shares in per cent, in bold where they do not count as calibrated."""
    said = [
        "—"
        if np.isnan(share)
        else f"{100 * share:.1f}"
        if assess(prop, share) == "holds"
        else f"**{100 * share:.1f}**"
        for share in shares
    ]
    return between.join(said)


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", "---", "---", *["---:"] * (len(header) - 3)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(measured: Measured) -> Figure:
    """Coverage above, false positives below, over the training effect; a column a design."""
    with styled():
        drawn = Figure(figsize=(11, 6.2), layout="constrained")
        panels = drawn.subplots(2, len(DESIGNS), sharex=True, sharey="row")
        points = [100 * effect for effect in EFFECTS]
        for row, kind in enumerate(("coverage", "false positives")):
            for axes, design in zip(panels[row], DESIGNS, strict=True):
                bounds = COVERAGE if row == 0 else (0, FALSE_POSITIVES)
                axes.axhspan(*(100 * bound for bound in bounds), color="0.9", linewidth=0)
                axes.axvline(100 * MEASURED, color="0.6", linewidth=1)
                for name, (color, marker, style) in LINES.items():
                    if PROPERTIES[name].kind == kind:
                        shares = [100 * measured[design, effect][name][0] for effect in EFFECTS]
                        axes.plot(points, shares, color=color, marker=marker, linestyle=style)
                axes.xaxis.set_major_locator(MultipleLocator(2))
                if row == 0:
                    axes.set_title(design, fontsize=10)
        panels[0, 0].set_ylabel("95 % intervals that\nhold the truth, %")
        panels[1, 0].set_ylabel("p ≤ 0.05 between\nequal systems, %")
        drawn.supxlabel(
            "training effect: standard deviation of the fits' error rates on all people, points",
            fontsize=10,
        )
        titles = (
            "subject bootstrap, sign-flip: of these fits",
            "corrected t: of the procedure",
            "subject bootstrap, sign-flip: misread as of the procedure",
        )
        drawn.legend(panels[0, 0].lines[1:], titles, loc="outside upper center", ncols=3)
    return drawn


def main(figure: Path, studies: int) -> None:
    """Measure, print the tables, save the figure."""
    measured = measure(studies)
    print(by_design(measured, studies), by_effect(measured), sep="\n\n")
    save(draw(measured), figure)


if __name__ == "__main__":
    ferbench.determinism.notice()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figure", type=Path, help="SVG to write")
    parser.add_argument(
        "studies", type=int, nargs="?", default=2_000, help="(default: %(default)s)"
    )
    given = parser.parse_args()
    main(given.figure, given.studies)
