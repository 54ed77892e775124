"""Why results have other bytes than expected: what is harmless, and only then tampering."""

from collections.abc import Iterator, Mapping, Sequence


def explanation(
    packages: Mapping[str, str], outdated: str, outside: Sequence[str], otherwise: str
) -> str:
    """Every harmless reason that there is, and what to do; if there is none, what that means.

    Args:
        packages: those of other versions, and which, found by `ferbench.verification.versions`.
        outdated: what has changed since dvc.lock was written; or empty.
        outside: why this machine may give other bytes, `ferbench.determinism.OUTSIDE`.
        otherwise: what to say if there is none of these.
    """
    harmless = list(_harmless(packages, outdated, outside))
    nothing = "That alone may give other bytes and proves nothing against the results."
    return " ".join([*harmless, nothing]) if harmless else otherwise


def _harmless(packages: Mapping[str, str], outdated: str, outside: Sequence[str]) -> Iterator[str]:
    if packages:
        found = ", ".join(f"{name} {which}" for name, which in packages.items())
        yield (
            f"Packages here are not those of the results: {found}. Install theirs and try again "
            "(requirements.lock has them, unless it was changed since)."
        )
    if outdated:
        yield (
            f"The results may be older than the project: {outdated}. Bring them up to date with "
            "`make benchmark` and try again."
        )
    if outside:
        yield (
            f"This machine is none of those that give the same bytes: {'; '.join(outside)}. Try "
            "again on an x86-64 processor with AVX2 (docs/method.md, Determinism)."
        )
