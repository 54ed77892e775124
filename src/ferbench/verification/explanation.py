"""Why results may have other bytes than expected, without anyone having changed them."""

from collections.abc import Iterator, Mapping, Sequence


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
    reasons = [*_reasons(packages, outdated, outside)]
    end = "That alone may give other bytes and proves nothing against the results."
    return " ".join([*reasons, end]) if reasons else otherwise


def _reasons(packages: Mapping[str, str], outdated: str, outside: Sequence[str]) -> Iterator[str]:
    if packages:
        found = ", ".join(f"{name} {versions}" for name, versions in packages.items())
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
            f"This machine is not one of those that give the same bytes: {'; '.join(outside)}. Try "
            "again on an x86-64 processor with AVX2 (docs/method.md, Determinism)."
        )
