"""What numbers mean, in words: the sentences and notes of tables, figures and the report."""

from ferbench.evaluation.statistics import Pair

MEANING = {
    "interval": (
        "95 % interval: subjects drawn with replacement, all their sequences kept, the same draws "
        "for every architecture. It speaks of these fits on new subjects, not of training again."
    ),
    "sign_flip": (
        "p: paired sign-flip test with the subject as the unit, adjusted by Holm for all pairs of "
        "its table, or for those with the same reference; intervals are not adjusted. It alone "
        "decides the sentences, and speaks of these fits on new subjects: training again may bring "
        "other fits."
    ),
    "nadeau_bengio": (
        "Corrected t (Nadeau & Bengio): speaks of the procedure, trained again on as many other "
        "subjects. Its allowance for folds that share subjects is a rule of thumb, for which the "
        "validation part counts as training data: it chose the epoch."
    ),
    "correlated_t": (
        "Probabilities (Bayesian correlated t): of the procedure, trained again on as many other "
        "subjects; within one point is practically equal."
    ),
    "mcnemar": (
        "McNemar: of these fits on new sequences, every sequence taken for independent, which "
        "those of one subject are not; for one repeat only."
    ),
    "detectable": (
        "Detectable: the smallest difference that these fits' errors would show with 80 % power on "
        "as many new subjects."
    ),
}
"""What each number estimates, by the name of the function that gives it; to stand under it."""


def sentence(pair: Pair, subjects: int) -> str:
    """What the adjusted sign-flip test lets one say, of that many subjects."""
    if not pair.apart:
        return f"{pair.left} and {pair.right} cannot be told apart on {subjects} subjects."
    better, worse, sign = (
        (pair.left, pair.right, -1) if pair.difference < 0 else (pair.right, pair.left, 1)
    )
    points = 100 * abs(pair.difference)
    low, high = sorted(100 * sign * end for end in pair.interval)
    return (
        f"{better} makes fewer errors than {worse} on {subjects} subjects "
        f"(these fits: {points:.1f} points, 95 % interval {low:.1f} to {high:.1f}, "
        f"adjusted p {shown_p(pair.adjusted)})."
    )


def shown_p(value: float) -> str:
    """A p as it is printed."""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"
