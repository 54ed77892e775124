"""Why results may have other bytes than expected, without anyone having changed them."""

from collections.abc import Iterable, Mapping, Sequence

from ferbench import determinism
from ferbench.verification import dvc_lock
from ferbench.verification.file_checks import Problem


def reading(
    again: Iterable[str], problems: Iterable[Problem], packages: Mapping[str, str], outdated: str
) -> str:
    """What problems may come from: packages, sources, the machine, or a change by hand.

    Args:
        again: files that were made again.
        problems: what was wrong; the reading of none is empty.
        packages: as of `explanation`.
        outdated: why not all results could be held against dvc.lock.
    """
    made, wrong = {*again}, {problem.path for problem in problems}
    if not wrong:
        return ""
    if not {name for name in made if name.startswith("results/train/")} <= wrong:
        changed = (
            f"{len(made - wrong)} other files were made again to the byte, so neither packages "
            "nor the machine explain this: what differs was damaged or changed after it was made."
        )
        return explanation(packages, "", determinism.OUTSIDE, changed)
    changed = (
        "Every file of every fit that was made again came out different, and this machine is one "
        "of those that give the same bytes. So the results were made on a machine of another kind, "
        "for example with a GPU, or they are not of these parameters and sources."
    )
    since = "" if outdated == dvc_lock.ABSENT else outdated
    return explanation(packages, since, determinism.OUTSIDE, changed)


def explanation(
    packages: Mapping[str, str], outdated: str, outside: Sequence[str], otherwise: str
) -> str:
    """Every harmless reason that applies, with what to do; or `otherwise` if none applies.

    Args:
        packages: packages of other versions, with both, found by `ferbench.verification.versions`.
        outdated: what has changed since dvc.lock was written; or empty.
        outside: why this machine may give other bytes, `ferbench.determinism.OUTSIDE`.
        otherwise: what the difference means if there is no harmless reason.
    """
    reasons = []
    if packages:
        found = ", ".join(f"{name} {versions}" for name, versions in packages.items())
        reasons.append(
            f"Packages here are not those of the results: {found}. Install theirs and try again "
            "(requirements.lock has them, unless it was changed since)."
        )
    if outdated:
        reasons.append(
            f"The results may be older than the project: {outdated}. Bring them up to date with "
            "`make benchmark` and try again."
        )
    if outside:
        reasons.append(
            f"This machine is not one of those that give the same bytes: {'; '.join(outside)}. Try "
            "again on an x86-64 processor with AVX2 (docs/method.md, Determinism)."
        )
    end = "That alone may give other bytes and proves nothing against the results."
    return " ".join([*reasons, end]) if reasons else otherwise
