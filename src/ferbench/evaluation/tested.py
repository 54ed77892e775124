"""Everything that decides about the test parts of the same folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ferbench.evaluation.ensemble import Together, together
from ferbench.results.baselines import MAJORITY
from ferbench.results.fits import Fit
from ferbench.results.predictions import Part

Parts = Mapping[str, Sequence[Part]]
"""Test parts in the order of the folds, by name."""


@dataclass(frozen=True, eq=False)
class Tested:
    """Systems, references and ensembles on the same folds."""

    fits: Mapping[str, Sequence[Fit]]
    """By architecture, in the order of the folds; the systems under comparison stand first."""
    baselines: Parts
    """References that are no architectures."""
    ensembles: Mapping[str, Together]
    """Of all systems under comparison; none of a single one."""

    @classmethod
    def of(cls, fits: Mapping[str, Sequence[Fit]], baselines: Parts) -> "Tested":
        """With the fits in order, and the ensembles of the systems."""
        ordered = dict(sorted(fits.items(), key=lambda item: item[1][0].card.reference))
        systems = {name: fits for name, fits in ordered.items() if not fits[0].card.reference}
        return cls(ordered, baselines, together(systems))

    @property
    def folds(self) -> list[int]:
        """Ids."""
        return [fit.card.fold for fit in next(iter(self.fits.values()))]

    @property
    def systems(self) -> list[str]:
        """Names of the architectures under comparison."""
        return [name for name, fits in self.fits.items() if not fits[0].card.reference]

    @property
    def references(self) -> list[str]:
        """Names of what the systems are compared with: all other rows but the majority."""
        names = [*self.fits, *self.baselines]
        return [name for name in names if name != MAJORITY and name not in self.systems]

    @property
    def parts(self) -> Parts:
        """Of everything: the fits, the baselines, the ensembles."""
        tests = {name: [fit.test for fit in fits] for name, fits in self.fits.items()}
        mixed = {name: ensemble.parts for name, ensemble in self.ensembles.items()}
        return {**tests, **self.baselines, **mixed}
