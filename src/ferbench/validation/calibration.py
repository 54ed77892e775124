"""Are the statistics calibrated? Each is used on simulated studies, where the truth is known."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from ferbench.evaluation.statistics.folds import fold_interval, nadeau_bengio
from ferbench.evaluation.statistics.pairs import ALPHA
from ferbench.evaluation.statistics.subjects import (
    bootstrap,
    differences_by_subject,
    interval,
    mcnemar,
    sign_flip,
)
from ferbench.validation.simulation import Design, Floats, Studies, simulate

COVERAGE = (0.90, 0.98)  # shares between which a 95 % interval counts as calibrated
FALSE_POSITIVES = 0.08  # share up to which a test at 5 % counts as calibrated


@dataclass(frozen=True)
class Property:
    """A share that simulation measures: how often an interval holds the truth, or a test errs."""

    title: str
    kind: Literal["coverage", "false positives"]
    of: Literal["fits", "procedures"]  # whose true error rates the statistic is compared with
    ours: bool = True
    """Whether the benchmark uses it; False: a misreading or a wrong method, which must show."""


_wrong = partial(Property, ours=False)
PROPERTIES = {
    "error": Property("bootstrap interval of an error rate", "coverage", "fits"),
    "difference": Property("bootstrap interval of a difference", "coverage", "fits"),
    "folds": Property("corrected t, or correlated t, interval", "coverage", "procedures"),
    "sign_flip": Property("sign-flip by subject", "false positives", "fits"),
    "mcnemar": Property("McNemar by sequence", "false positives", "fits"),
    "nadeau_bengio": Property("corrected t test", "false positives", "procedures"),
    "misread_difference": _wrong("bootstrap interval of a difference", "coverage", "procedures"),
    "misread_sign_flip": _wrong("sign-flip by subject", "false positives", "procedures"),
    "independent": _wrong("interval of independent, unpaired sequences", "coverage", "fits"),
    "two_std": _wrong("mean ± 2 standard deviations over folds", "coverage", "fits"),
    "standard_error": _wrong("mean ± 2 standard errors over folds", "coverage", "procedures"),
}


def assess(measured: Property, share: float) -> str:
    """`holds`, or how it does not: `too narrow`, `too wide`, `too many`."""
    if measured.kind == "false positives":
        return "holds" if share <= FALSE_POSITIVES else "too many"
    low, high = COVERAGE
    return "too narrow" if share < low else "too wide" if share > high else "holds"


def coverage(design: Design, *, studies: int, samples: int, seed: int) -> dict[str, float]:
    """Share of studies whose interval holds the truth, for every property of that kind."""
    drawn = simulate(design, studies=studies, seed=seed)
    flat = drawn.errors.reshape(2 * studies, -1)
    rates = bootstrap(flat, drawn.subjects, samples=samples, seed=seed).reshape(studies, 2, -1)
    of_error = interval(rates[:, 0])
    of_difference = interval(rates[:, 0] - rates[:, 1])
    folds = drawn.by_fold[:, 0] - drawn.by_fold[:, 1]
    of_folds = np.stack([fold_interval(one, k=design.k) for one in folds])
    fits = drawn.fits[:, 0] - drawn.fits[:, 1]
    procedures = np.full(studies, drawn.procedures[0] - drawn.procedures[1])
    spread = folds.std(axis=1, ddof=1)
    return {
        "error": _inside(of_error, drawn.fits[:, 0]),
        "difference": _inside(of_difference, fits),
        "folds": _inside(of_folds, procedures),
        "misread_difference": _inside(of_difference, procedures),
        "independent": _inside(_independent(drawn), fits),
        "two_std": _inside(_about(folds.mean(axis=1), 2 * spread), fits),
        "standard_error": _inside(
            _about(folds.mean(axis=1), 2 * spread / np.sqrt(folds.shape[1])), procedures
        ),
    }


def false_positives(design: Design, *, studies: int, seed: int) -> dict[str, float]:
    """Share of studies of two equal systems with p <= 0.05; NaN where a test cannot be done.

    Sets `difference` and `same` of the design as each test needs them.
    """
    fits, procedures = _both(replace(design, difference=0.0), studies, seed)
    return {
        "sign_flip": rejected(fits, _sign_flip),
        "mcnemar": rejected(fits, _mcnemar) if design.repeats == 1 else np.nan,
        "misread_sign_flip": rejected(procedures, _sign_flip),
        "nadeau_bengio": rejected(procedures, _nadeau_bengio),
    }


def power(design: Design, *, studies: int, seed: int) -> dict[str, float]:
    """Share of studies in which a test finds the true difference, p <= 0.05."""
    fits, procedures = _both(design, studies, seed)
    return {
        "sign_flip": rejected(fits, _sign_flip),
        "nadeau_bengio": rejected(procedures, _nadeau_bengio),
    }


def _both(design: Design, studies: int, seed: int) -> tuple[Studies, Studies]:
    """Studies whose fits, and studies whose procedures, differ as designed."""
    fits = simulate(replace(design, same="fits"), studies=studies, seed=seed)
    return fits, simulate(replace(design, same="procedures"), studies=studies, seed=seed)


def rejected(drawn: Studies, p: Callable[[Studies, int], float]) -> float:
    """Share of the studies with p <= 0.05; `p` gives the p of one study, by its number."""
    return float(np.mean([p(drawn, i) <= ALPHA for i in range(len(drawn.errors))]))


def _sign_flip(drawn: Studies, i: int) -> float:
    left, right = drawn.errors[i]
    return sign_flip(differences_by_subject(left, right, drawn.subjects))


def _mcnemar(drawn: Studies, i: int) -> float:
    return mcnemar(*drawn.errors[i]).p


def _nadeau_bengio(drawn: Studies, i: int) -> float:
    return nadeau_bengio(drawn.by_fold[i, 0] - drawn.by_fold[i, 1], k=drawn.k).p


def _independent(drawn: Studies) -> Floats:
    """Wrong on purpose: the normal interval of two unpaired samples of independent sequences."""
    rates = drawn.errors.mean(axis=2)
    variance = (rates * (1 - rates) / drawn.errors.shape[2]).sum(axis=1)
    return _about(rates[:, 0] - rates[:, 1], 1.96 * np.sqrt(variance))


def _about(middle: Floats, half: Floats) -> Floats:
    return np.stack([middle - half, middle + half], axis=-1)


def _inside(intervals: Floats, truth: Floats) -> float:
    low, high = intervals.T
    return float(np.mean((low <= truth) & (truth <= high)))
