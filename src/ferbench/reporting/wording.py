"""What numbers mean, in words: the sentences and notes of tables, figures and the report."""

from ferbench.evaluation.statistics.pairs import Pair

MEANING = {
    "interval": (
        "95 % interval: bootstrap over subjects. A subject that is drawn brings all its sequences, "
        "and the draws are the same for every architecture. It is about these fits on new "
        "subjects, not about training again."
    ),
    "sign_flip": (
        "p: paired sign-flip test with the subject as the unit, adjusted by Holm for all pairs of "
        "its table, or for those with the same reference; intervals are not adjusted. This test "
        "alone decides the sentences. It is about these fits on new subjects; training again may "
        "give other fits."
    ),
    "nadeau_bengio": (
        "Corrected t (Nadeau & Bengio): about the procedure, trained again on as many other "
        "subjects. Its correction for folds that share subjects is a rule of thumb. It counts the "
        "validation part as training data, because that part chose the epoch."
    ),
    "correlated_t": (
        "Probabilities (Bayesian correlated t): about the procedure, trained again on as many "
        "other subjects. A difference within one point counts as equal."
    ),
    "mcnemar": (
        "McNemar: about these fits on new sequences. It assumes independent sequences, which those "
        "of one subject are not; for one repeat only."
    ),
    "detectable": (
        "Detectable difference: the smallest that the errors of these fits would show with 80 % "
        "power on as many new subjects."
    ),
}
"""What each number estimates, by the name of the function that computes it."""


def sentence(pair: Pair, subjects: int) -> str:
    """What the adjusted sign-flip test lets one say, of that many subjects."""
    if not pair.apart:
        return f"{pair.left} and {pair.right} cannot be told apart on {subjects} subjects."
    fewer = pair.difference < 0
    better, worse, sign = (pair.left, pair.right, -1) if fewer else (pair.right, pair.left, 1)
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
