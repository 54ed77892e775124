"""What numbers mean, in words: the sentences and notes of tables, figures and the report."""

from ferbench.evaluation.statistics.pairs import Pair
from ferbench.evaluation.statistics.procedure import too_small
from ferbench.markup.markdown import count

MEANING = {
    "again": (
        "First interval and p: about the procedure, trained again with other seeds and on other "
        "people, and tested on others still. The interval is a bootstrap over subjects, to which "
        "the differences between fits are added: as large as they were measured on other synthetic "
        "data, or as the seeds of this study show them, if that is more. p is from the same draws, "
        "adjusted by Holm for all pairs of its table, or for those with the same reference; "
        "intervals are not adjusted. This p decides the sentences; equal is said where the whole "
        "interval is within 2 points on either side of 0."
    ),
    "interval": (
        "95 % interval of these fits: bootstrap over subjects. A subject that is drawn brings all "
        "its sequences, and the draws are the same for every architecture. It is about these fits "
        "on new subjects, not about training again."
    ),
    "sign_flip": (
        "p: paired sign-flip test with the subject as the unit, adjusted by Holm for all pairs of "
        "its table, or for those with the same reference. It is about these fits on new subjects; "
        "training again may give other fits."
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


def sentence(pair: Pair, subjects: int, seeds: int) -> str:
    """What the primary test, adjusted, lets one say."""
    extent = count(subjects, "subject") + (f" and {count(seeds, 'seed')}" if pair.again else "")
    if pair.again and too_small(subjects):
        return f"{pair.left} and {pair.right}: {extent} are too few to say anything."
    ends, p = (pair.again or pair).interval, (pair.again or pair).adjusted
    if pair.again and pair.again.verdict == "equal":
        low, high = (100 * end for end in ends)
        return (
            f"{pair.left} and {pair.right} are equal within 2 points, trained again and on other "
            f"people (95 % interval {low:+.1f} to {high:+.1f})."
        )
    if not pair.apart:
        return f"{pair.left} and {pair.right} cannot be told apart with {extent}."
    fewer = pair.difference < 0
    better, worse, sign = (pair.left, pair.right, -1) if fewer else (pair.right, pair.left, 1)
    low, high = sorted(100 * sign * end for end in ends)
    about = "trained again and on other people" if pair.again else "these fits on other people"
    return (
        f"{better} makes fewer errors than {worse}, {about} ({100 * abs(pair.difference):.1f} "
        f"points, 95 % interval {low:.1f} to {high:.1f}, adjusted p {shown_p(p)}; {extent})."
    )


def shown_p(value: float) -> str:
    """A p as it is printed."""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"
