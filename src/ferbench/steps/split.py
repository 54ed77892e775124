"""One fold: which subjects a fit learns from, which choose its epoch, and which test it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ferbench.config.schema import Params, Split
from ferbench.io.files import publish
from ferbench.results.data import Stored, read_sequences, read_summary
from ferbench.results.layout import FOLD, SEQUENCES
from ferbench.results.parts import PARTS, TEST, TRAIN, VALIDATION, Assigned, Fold, Part, write_fold

Assignment = Mapping[str, Sequence[Assigned]]


def split(params: Params, *, fold: int, data: Path, to: Path) -> None:
    """Divide the subjects of one fold into train, validation and test parts.

    For every two parts the file holds the subjects that they share: the proof that there are none.

    Args:
        params: number of folds, their seed, and the two controls.
        fold: an id of `folds` in params.yaml; fold // k is its repeat, with a shuffle of its own.
        data: folder of `preprocess`.
        to: folder to write fold-<id>.json into.

    Raises:
        ValueError: too few subjects for the folds, or a class that no training sequence shows.
    """
    settings, sequences = params.split, read_sequences(data)
    classes = read_summary(data).classes
    try:
        parts = (_by_subject if settings.by == "subject" else _by_frame)(sequences, settings, fold)
        if settings.labels == "shuffled":
            labels = shuffled_labels(sequences, [settings.seed, fold])
            parts = {
                part: [one.model_copy(update={"label": labels[one.id]}) for one in assigned]
                for part, assigned in parts.items()
            }
        for name in classes:
            if all(one.label != name for one in parts[TRAIN]):
                advice = "change split.k, split.seed or preprocess.classes"
                raise ValueError(f"fold {fold}: no training sequence of class {name!r} ({advice})")
    except ValueError as error:
        raise ValueError(f"{data / SEQUENCES}: {error}") from error
    content = _content(parts, settings, fold, classes)
    if not content.leaking and any(content.shared_subjects.values()):
        raise AssertionError(f"fold {fold}: a subject is in two parts: {content.shared_subjects}")
    with publish(to, FOLD.format(fold=fold)) as folder:
        write_fold(folder, content)


def _content(parts: Assignment, settings: Split, fold: int, classes: Sequence[str]) -> Fold:
    subjects = {part: sorted({one.subject for one in parts[part]}) for part in PARTS}
    counts = {part: Counter(one.label for one in parts[part]) for part in PARTS}
    return Fold(
        fold=fold,
        repeat=fold // settings.k,
        leaking=settings.by == "frame",
        labels_shuffled=settings.labels == "shuffled",
        shared_subjects={
            f"{one} and {other}": sorted(set(subjects[one]) & set(subjects[other]))
            for one, other in combinations(PARTS, 2)
        },
        parts={
            part: Part(
                subjects=subjects[part],
                counts={name: counts[part][name] for name in classes},
                sequences=list(parts[part]),
            )
            for part in PARTS
        },
    )


def _by_subject(sequences: Sequence[Stored], settings: Split, fold: int) -> Assignment:
    # A seed of its own for each repeat, which no repeat of another seed has.
    seed = int(np.random.SeedSequence([settings.seed, fold // settings.k]).generate_state(1)[0])
    every = [Assigned(**one.model_dump()) for one in sequences]
    rest, test = _fold_out(every, settings.k, fold % settings.k, seed, "split.k")
    train, validation = _fold_out(rest, settings.validation, 0, seed, "split.validation")
    return {TRAIN: train, VALIDATION: validation, TEST: test}


def _fold_out(
    sequences: list[Assigned], n: int, index: int, seed: int, key: str
) -> tuple[list[Assigned], list[Assigned]]:
    """All but the `index`-th of `n` stratified folds of subjects, and that fold."""
    groups = [one.subject for one in sequences]
    if (found := len(set(groups))) < n:
        left = "" if key == "split.k" else " outside the test part"
        raise ValueError(f"{key}: {n} parts need at least {n} subjects{left}, found {found}")
    folds = StratifiedGroupKFold(n, shuffle=True, random_state=seed)
    labels = [one.label for one in sequences]
    others, chosen = list(folds.split(sequences, labels, groups))[index]
    return [sequences[i] for i in others], [sequences[i] for i in chosen]


def _by_frame(sequences: Sequence[Stored], settings: Split, fold: int) -> Assignment:
    """The leak: every sequence's frames are divided among k folds; the next fold's validate.

    A part's frames of a sequence, in order, are its sequence there.
    """
    rng = np.random.default_rng([settings.seed, fold // settings.k])
    parts: dict[str, list[Assigned]] = {part: [] for part in PARTS}
    for one in sequences:
        owner = rng.permutation(np.arange(one.length) % settings.k)
        distance = (owner - fold) % settings.k
        chosen = {TRAIN: distance > 1, VALIDATION: distance == 1, TEST: distance == 0}
        for part, mine in chosen.items():
            if mine.any():
                frames = np.flatnonzero(mine).tolist()
                parts[part].append(Assigned(**one.model_dump(), frames=frames))
    return parts


def shuffled_labels(sequences: Sequence[Stored], seed: Sequence[int]) -> dict[str, str]:
    """A label for each id: permuted among a subject's sequences if all show every class as often.

    Else among all sequences: within a subject who shows few classes, many would stay true.

    Anew in every fold: one shuffle for all would tie what a fold learns to what another is tested
    by, and the errors of guessing would scatter more than those of independent decisions.
    """
    rng = np.random.default_rng(seed)
    shown = Counter((one.subject, one.label) for one in sequences)
    subjects, classes = ({one[place] for one in shown} for place in (0, 1))
    even = len(shown) == len(subjects) * len(classes) and len(set(shown.values())) == 1
    groups: dict[str, list[Stored]] = defaultdict(list)
    for one in sequences:
        groups[one.subject if even else "everybody"].append(one)
    labels: dict[str, str] = {}
    for _, own in sorted(groups.items()):
        permuted = rng.permutation([one.label for one in own])
        labels |= {one.id: str(label) for one, label in zip(own, permuted, strict=True)}
    return labels
