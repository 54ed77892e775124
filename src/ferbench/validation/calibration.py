"""Are the statistics calibrated? Each is used on simulated studies, where the truth is known."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from ferbench.evaluation.statistics.folds import fold_interval, nadeau_bengio
from ferbench.evaluation.statistics.procedure import (
    ALPHA,
    fit_error,
    p_value,
    rate_interval,
    widened,
)
from ferbench.evaluation.statistics.ranks import ranks
from ferbench.evaluation.statistics.spread import by_subject
from ferbench.evaluation.statistics.subjects import (
    bootstrap,
    differences_by_subject,
    interval,
    mcnemar,
    sign_flip,
)
from ferbench.io.arrays import Doubles
from ferbench.validation.simulation import Design, Studies, simulate

COVERAGE = (0.93, 0.97)  # shares between which a 95 % interval counts as calibrated
FALSE_POSITIVES = 0.06  # share up to which a test at 5 % counts as calibrated
TEST_SAMPLES = 2_000  # draws for the p of one study
CHUNK = 100  # studies for which the same subjects are drawn


@dataclass(frozen=True)
class Property:
    """A share that simulation measures: how often an interval holds the truth, or a test errs."""

    title: str
    kind: Literal["coverage", "false positives"]
    of: Literal["fits", "procedures"]  # whose true error rates the statistic is compared with
    ours: bool = True
    """Whether the benchmark uses it; False: a misreading or a wrong method, which must show."""
    whole: bool = False
    """Whether its ends are whole numbers, so that it cannot hold the truth in just 95 %."""


_wrong = partial(Property, ours=False)
PROPERTIES = {
    "again": Property("interval of a difference, trained again", "coverage", "procedures"),
    "again_rate": Property("interval of an error rate, trained again", "coverage", "procedures"),
    "again_rank": Property(
        "interval of a rank, trained again", "coverage", "procedures", whole=True
    ),
    "again_test": Property("test of a difference, trained again", "false positives", "procedures"),
    "error": Property("bootstrap interval of an error rate", "coverage", "fits"),
    "difference": Property("bootstrap interval of a difference", "coverage", "fits"),
    "folds": Property("corrected t, or correlated t, interval", "coverage", "procedures"),
    "sign_flip": Property("sign-flip by subject", "false positives", "fits"),
    "mcnemar": Property("McNemar by sequence", "false positives", "fits"),
    "nadeau_bengio": Property("corrected t test", "false positives", "procedures"),
    "misread_error": _wrong("bootstrap interval of an error rate", "coverage", "procedures"),
    "misread_difference": _wrong("bootstrap interval of a difference", "coverage", "procedures"),
    "misread_sign_flip": _wrong("sign-flip by subject", "false positives", "procedures"),
    "independent": _wrong("interval of independent, unpaired sequences", "coverage", "fits"),
    "misread_again": _wrong("interval of a difference, trained again", "coverage", "fits"),
    "two_std": _wrong("mean ± 2 standard deviations over folds", "coverage", "fits"),
    "standard_error": _wrong("mean ± 2 standard errors over folds", "coverage", "procedures"),
}


def assess(measured: Property, share: float) -> str:
    """`holds`, or how it does not: `too narrow`, `too wide`, `too many`."""
    if measured.kind == "false positives":
        return "holds" if share <= FALSE_POSITIVES else "too many"
    low, high = COVERAGE
    if share < low:
        return "too narrow"
    return "too wide" if share > high and not measured.whole else "holds"


def coverage(design: Design, *, studies: int, samples: int, seed: int) -> dict[str, float]:
    """Share of studies whose interval holds the truth, for every property of that kind.

    Of the systems of a design, the difference is that of the first and the last; NaN for ranks if
    there is no difference.
    """
    drawn = simulate(design, studies=studies, seed=seed)
    ends = drawn.errors[:, [0, -1]]
    rates = bootstrap(
        ends.reshape(2 * studies, -1), drawn.subjects, samples=samples, seed=seed
    ).reshape(studies, 2, -1)
    of_error = interval(rates[:, 0])
    of_difference = interval(rates[:, 0] - rates[:, 1])
    folds = drawn.by_fold[:, 0] - drawn.by_fold[:, -1]
    of_folds = np.stack([fold_interval(one, k=design.k) for one in folds])
    fits = drawn.fits[:, 0] - drawn.fits[:, -1]
    procedures = np.full(studies, drawn.procedures[0] - drawn.procedures[-1])
    spread = folds.std(axis=1, ddof=1)
    again = trained_again(drawn, samples=samples, seed=seed)
    return {
        "again": _inside(again.difference, procedures),
        "again_rate": _inside(again.rates, drawn.procedures),
        "again_rank": _inside(again.ranks, _ranks(drawn)) if design.difference else np.nan,
        "misread_again": _inside(again.difference, fits),
        "error": _inside(of_error, drawn.fits[:, 0]),
        "misread_error": _inside(of_error, drawn.procedures[0]),
        "difference": _inside(of_difference, fits),
        "folds": _inside(of_folds, procedures),
        "misread_difference": _inside(of_difference, procedures),
        "independent": _inside(_independent(ends), fits),
        "two_std": _inside(_about(folds.mean(axis=1), 2 * spread), fits),
        "standard_error": _inside(
            _about(folds.mean(axis=1), 2 * spread / np.sqrt(folds.shape[1])), procedures
        ),
    }


@dataclass(frozen=True, eq=False)
class Statements:
    """What `statistics.procedure` says of n studies."""

    difference: Doubles  # (n, 2) interval, the first system minus the last
    p: Doubles  # (n,) of the same difference
    rates: Doubles  # (n, systems, 2) intervals
    ranks: Doubles  # (n, systems, 2) intervals


def trained_again(drawn: Studies, *, samples: int, seed: int) -> Statements:
    """As `procedure.draws`, but the same subjects are drawn for CHUNK studies, which is faster."""
    rng = np.random.default_rng([seed, 1])
    found: list[tuple[Any, ...]] = []
    for first in range(0, len(drawn.decided), CHUNK):
        some = drawn.errors[first : first + CHUNK]
        rates = bootstrap(
            some.reshape(-1, some.shape[2]), drawn.subjects, samples=samples, seed=seed + first
        ).reshape(*some.shape[:2], -1)
        for number, of_study in enumerate(rates):
            study = by_subject(drawn.decided[first + number], drawn.subjects, drawn.folds)
            rows = widened(of_study, study, fit_error(study), rng)
            of_rates = [
                rate_interval(row, float(wrong.mean()), len(study.counts))
                for row, wrong in zip(rows, some[number], strict=True)
            ]
            difference = interval(rows[0] - rows[-1])
            found.append((difference, p_value(rows[0], rows[-1]), of_rates, ranks(rows)))
    return Statements(*(np.array(column) for column in zip(*found, strict=True)))


def false_positives(design: Design, *, studies: int, seed: int) -> dict[str, float]:
    """Share of studies of two equal systems with p <= 0.05; NaN where a test cannot be done.

    Sets `difference` and `same` of the design as each test needs them.
    """
    fits, procedures = _both(replace(design, difference=0.0), studies, seed)
    one_fit = design.repeats * design.seeds == 1
    return {
        "again_test": _again_test(procedures, seed),
        "sign_flip": rejected(fits, _sign_flip),
        "mcnemar": rejected(fits, _mcnemar) if one_fit else np.nan,
        "misread_sign_flip": rejected(procedures, _sign_flip),
        "nadeau_bengio": rejected(procedures, _nadeau_bengio),
    }


def power(design: Design, *, studies: int, seed: int) -> dict[str, float]:
    """Share of studies in which a test finds the true difference, p <= 0.05."""
    fits, procedures = _both(design, studies, seed)
    return {
        "again_test": _again_test(procedures, seed),
        "sign_flip": rejected(fits, _sign_flip),
        "nadeau_bengio": rejected(procedures, _nadeau_bengio),
    }


def _both(design: Design, studies: int, seed: int) -> tuple[Studies, Studies]:
    """Studies whose fits, and studies whose procedures, differ as designed."""
    fits = simulate(replace(design, same="fits", systems=2), studies=studies, seed=seed)
    return fits, simulate(replace(design, same="procedures"), studies=studies, seed=seed)


def rejected(drawn: Studies, p: Callable[[Studies, int], float]) -> float:
    """Share of the studies with p <= 0.05; `p` gives the p of one study, by its number."""
    return float(np.mean([p(drawn, i) <= ALPHA for i in range(len(drawn.errors))]))


def _again_test(drawn: Studies, seed: int) -> float:
    return float(np.mean(trained_again(drawn, samples=TEST_SAMPLES, seed=seed).p <= ALPHA))


def _sign_flip(drawn: Studies, i: int) -> float:
    left, right = drawn.errors[i, [0, -1]]
    return sign_flip(differences_by_subject(left, right, drawn.subjects))


def _mcnemar(drawn: Studies, i: int) -> float:
    return mcnemar(*drawn.errors[i, [0, -1]]).p


def _nadeau_bengio(drawn: Studies, i: int) -> float:
    return nadeau_bengio(drawn.by_fold[i, 0] - drawn.by_fold[i, -1], k=drawn.k).p


def _ranks(drawn: Studies) -> Doubles:
    """True ranks of the systems, (systems,), 1 for the fewest errors."""
    return 1 + np.argsort(np.argsort(drawn.procedures)).astype(np.float64)


def _independent(errors: Doubles) -> Doubles:
    """Wrong on purpose: the normal interval of two unpaired samples of independent sequences."""
    rates = errors.mean(axis=2)
    variance = (rates * (1 - rates) / errors.shape[2]).sum(axis=1)
    return _about(rates[:, 0] - rates[:, 1], 1.96 * np.sqrt(variance))


def _about(middle: Doubles, half: Doubles) -> Doubles:
    return np.stack([middle - half, middle + half], axis=-1)


def _inside(intervals: Doubles, truth: Doubles | float) -> float:
    low, high = intervals[..., 0], intervals[..., 1]
    return float(np.mean((low <= truth) & (truth <= high)))
