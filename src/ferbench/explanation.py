"""Why results have other bytes than expected: harmless reasons first, tampering last."""

from collections.abc import Mapping, Sequence


def explanation(
    packages: Mapping[str, str], outdated: str, outside: Sequence[str], otherwise: str
) -> str:
    """The first of the possible reasons that there is, and what to do.

    Args:
        packages: those of other versions, and which, as `ferbench.versions` finds them.
        outdated: what has changed since dvc.lock was written; or empty.
        outside: why this machine may give other bytes, `ferbench.determinism.OUTSIDE`.
        otherwise: what to say if there is none of these.
    """
    if packages:
        found = ", ".join(f"{name} {which}" for name, which in packages.items())
        return (
            f"Packages here are not those of the results: {found}. That alone may give other bytes "
            "and proves nothing against the results. Install theirs (requirements.lock has them, "
            "unless it was changed since) and try again."
        )
    if outdated:
        return (
            f"The results may be older than the project: {outdated}. Bring them up to date with "
            "`make benchmark` and try again."
        )
    if outside:
        return (
            f"This machine is none of those that give the same bytes: {'; '.join(outside)}. That "
            "alone proves nothing against the results. Try again on an x86-64 processor with AVX2 "
            "(docs/method.md, Determinism)."
        )
    return otherwise
