"""Print the tables of docs/method.md on the calibration of the statistics, and draw their figure.

python tools/calibrate.py docs/calibration.svg [STUDIES]
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ferbench.determinism

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
    "8 subjects": (6,) * 8,
    "15 subjects": (6,) * 15,
    "30 subjects": (6,) * 30,  # 180 sequences, the synthetic release
    "106 subjects": (1, 2, 3, 4, 5) * 20 + (1, 1, 1, 2, 2, 2),  # 309 sequences, as CK+ has
}
SEEDS = (1, 3, 5)
COLUMNS = [(people, 1) for people in PEOPLE] + [("30 subjects", 2)]
"""Subjects and repeats of 5 folds."""
EFFECTS = (0.0, 0.01, 0.025, 0.04, 0.06)
"""Training effects: standard deviation of the fits' error rates on all people, shares."""
SWEPT = ("30 subjects", "106 subjects")  # over EFFECTS, with SWEPT_SEEDS
SWEPT_SEEDS = 3
MEASURED = Design(sequences=(), systems=5, training=0.025)
DIFFERENCE = 0.08
"""The real difference, a share."""
TESTS = ("again_test", "sign_flip", "nadeau_bengio")
SUPPOSED: dict[str, dict[str, float]] = {
    "as supposed": {},
    "all fits of a study share the whole effect": {"shared": 1.0},
    "they share nothing": {"shared": 0.0},
    "of the rest, all is the split's": {"initialisation": 0.0},
    "of the rest, all is the seed's": {"initialisation": 1.0},
    "10 % error, a difference of 4 points": {"error": 0.1, "training": 0.0173},
    "5 % error, a difference of 2 points": {"error": 0.05, "training": 0.0126},
    "one seed, an effect of 4 points": {"seeds": 1, "training": 0.04},
}
"""What a simulation supposes otherwise. With p error the effect is 2.5 points times the root of
p (1 - p) / 0.1875, as `procedure.Training` has it."""
SAMPLES = 2_000

_AGAIN: Any = {"color": BLUE, "marker": "o", "linestyle": "-"}
_FOLDS: Any = {"color": ORANGE, "marker": "s", "linestyle": "--"}
_MISREAD: Any = {"color": BLACK, "marker": "^", "linestyle": ":"}
LINES = {
    "again": _AGAIN,
    "folds": _FOLDS,
    "misread_difference": _MISREAD,
    "again_test": _AGAIN,
    "nadeau_bengio": _FOLDS,
    "misread_sign_flip": _MISREAD,
}
Shares = dict[str, float]
"""By property."""
Measured = dict[tuple[str, int, int], Shares]
"""By subjects, repeats and seeds."""


def measure(design: Design, studies: int, seed: int) -> Shares:
    """Every property under one condition: coverage is the share farther from 95 % of two,
    without and with the difference."""
    runs = [
        coverage(
            replace(design, difference=difference),
            studies=studies,
            samples=SAMPLES,
            seed=seed + number,
        )
        for number, difference in enumerate((0.0, DIFFERENCE * design.error / 0.25))
    ]
    shares = {
        key: max((run[key] for run in runs if not np.isnan(run[key])), key=lambda x: abs(x - 0.95))
        for key in runs[0]
    }
    return shares | false_positives(design, studies=studies, seed=seed + 2)


def by_design(studies: int) -> tuple[str, Measured]:
    """The table at the measured training effect, and its numbers by column and seeds."""
    found: Measured = {}
    strong: Measured = {}
    for number, (people, repeats) in enumerate(COLUMNS):
        for seeds in SEEDS:
            design = replace(MEASURED, sequences=PEOPLE[people], repeats=repeats, seeds=seeds)
            seed = 10_000 * number + 100 * seeds
            found[people, repeats, seeds] = measure(design, studies, seed)
            real = replace(design, difference=DIFFERENCE)
            strong[people, repeats, seeds] = power(real, studies=studies, seed=seed + 3)
    rows = [
        [*_what(prop), *(_cell(prop, [found[*one, s][name] for s in SEEDS]) for one in COLUMNS)]
        for name, prop in PROPERTIES.items()
    ]
    for name in TESTS:
        shares = [[f"{100 * strong[*one, s][name]:.1f}" for s in SEEDS] for one in COLUMNS]
        title = f"{PROPERTIES[name].title}: {100 * DIFFERENCE:.0f} points found"
        rows.append([title, PROPERTIES[name].of, "power", *map(" / ".join, shares)])
    header = [f"{people}, {repeats} x 5 folds" for people, repeats in COLUMNS]
    return _markdown(["statistic", "truth of the", "share, %", *header], rows), found


def by_effect(studies: int, found: Measured) -> tuple[str, dict[tuple[str, float], Shares]]:
    """The table over training effects, and its numbers."""
    swept: dict[tuple[str, float], Shares] = {}
    for number, people in enumerate(SWEPT):
        for effect in EFFECTS:
            design = replace(MEASURED, sequences=PEOPLE[people], seeds=SWEPT_SEEDS, training=effect)
            seed = 100_000 + 10_000 * number + int(100_000 * effect)
            known = effect == MEASURED.training
            swept[people, effect] = (
                found[people, 1, SWEPT_SEEDS] if known else measure(design, studies, seed)
            )
    rows = [
        [
            *_what(prop),
            *(_cell(prop, [swept[people, effect][name] for people in SWEPT]) for effect in EFFECTS),
        ]
        for name, prop in PROPERTIES.items()
        if name != "mcnemar"
    ]
    effects = [f"effect {100 * effect:g}" for effect in EFFECTS]
    return _markdown(["statistic", "truth of the", "share, %", *effects], rows), swept


def by_supposition(studies: int) -> str:
    """The table of other suppositions: what is said of training again, for 30 subjects."""
    names = [name for name in PROPERTIES if name.startswith("again")]
    rows = []
    for number, (title, changed) in enumerate(SUPPOSED.items()):
        design = Design(
            **vars(MEASURED) | {"sequences": PEOPLE[SWEPT[0]], "seeds": SWEPT_SEEDS} | changed
        )
        shares = measure(design, studies, 200_000 + 100 * number)
        rows.append([title, *(_cell(PROPERTIES[name], [shares[name]]) for name in names)])
    titles = [f"{PROPERTIES[name].title}: {PROPERTIES[name].kind}, %" for name in names]
    return _markdown(["supposed", *titles], rows, left=1)


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


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 3) -> str:
    lines = [header, ["---"] * left + ["---:"] * (len(header) - left), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(found: Measured, swept: dict[tuple[str, float], Shares]) -> Figure:
    """Coverage above, false positives below; over subjects and seeds, and over effects."""
    by_people = [
        (f"{people.split()[0]}\n{seeds}", found[people, 1, seeds])
        for people in PEOPLE
        for seeds in SEEDS
    ]
    columns = [("training effect 2.5 points", "subjects and, below, seeds", by_people, len(SEEDS))]
    for people in SWEPT:
        effects = [(f"{100 * effect:g}", swept[people, effect]) for effect in EFFECTS]
        title = f"{people}, {SWEPT_SEEDS} seeds"
        columns.append((title, "training effect, points", effects, len(EFFECTS)))
    with styled():
        drawn = Figure(figsize=(11, 6.2), layout="constrained")
        rows = drawn.subplots(2, 3, sharey="row", width_ratios=(2, 1, 1))
        for panels, kind in zip(rows, ("coverage", "false positives"), strict=True):
            for axes, (title, below, shares, joined) in zip(panels, columns, strict=True):
                _panel(axes, kind, shares, joined)
                if kind == "coverage":
                    axes.set_title(title, fontsize=10)
                else:
                    axes.set_xlabel(below)
        rows[0, 0].set_ylabel("95 % intervals that\nhold the truth, %")
        rows[1, 0].set_ylabel("p ≤ 0.05 between\nequal systems, %")
        titles = ("trained again", "corrected t", "subject bootstrap, sign-flip (misread)")
        drawn.legend(rows[0, 1].lines, titles, loc="outside upper center", ncols=3)
    return drawn


def _panel(axes: Axes, kind: str, shares: Sequence[tuple[str, Shares]], joined: int) -> None:
    """One kind of share over labelled conditions, `joined` of them to a line."""
    bounds = COVERAGE if kind == "coverage" else (0, FALSE_POSITIVES)
    axes.axhspan(*(100 * bound for bound in bounds), color="0.9", linewidth=0)
    for name, how in LINES.items():
        if PROPERTIES[name].kind == kind:
            heights = [100 * share[name] for _, share in shares]
            for first in range(0, len(shares), joined):
                places = range(first, first + joined)
                axes.plot(places, heights[first : first + joined], **how)
    axes.set_xticks(range(len(shares)), [label for label, _ in shares])


def main(figure: Path, studies: int) -> None:
    """Measure, print the tables, save the figure."""
    designs, found = by_design(studies)
    effects, swept = by_effect(studies, found)
    print(designs, effects, by_supposition(studies), sep="\n\n")
    save(draw(found, swept), figure)


if __name__ == "__main__":
    ferbench.determinism.notice()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figure", type=Path, help="SVG to write")
    parser.add_argument(
        "studies", type=int, nargs="?", default=2_000, help="(default: %(default)s)"
    )
    given = parser.parse_args()
    main(given.figure, given.studies)
