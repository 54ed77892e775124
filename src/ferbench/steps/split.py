"""One fold: which subjects a fit learns from, which choose its epoch, and which test it."""

import csv
import json
from collections import Counter, defaultdict
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ferbench.config.schema import Split
from ferbench.io.files import publish, read_json

PARTS = ("train", "validation", "test")

Row = dict[str, Any]
"""A sequence of a part: id, subject, label, first, length and, dealt by frame, its frames."""


def split(params: Split, *, fold: int, sequences: Path, summary: Path, parts: Path) -> None:
    """Write one fold's parts.

    Args:
        params: number of folds, their seed, and the two controls.
        fold: its id; id // k is the repeat, which has a shuffle of its own.
        sequences: CSV of preprocess to read.
        summary: JSON of preprocess to read, for the classes.
        parts: JSON to write: subjects, sequences and class counts of each part, and for every two
            parts the subjects they share, which is the proof that there are none.

    Raises:
        ValueError: too few subjects for the folds, or a class that no training sequence shows.
    """
    with sequences.open(newline="", encoding="utf-8") as file:
        rows: list[Row] = list(csv.DictReader(file))
    for row in rows:
        row |= {"first": int(row["first"]), "length": int(row["length"])}
    classes = read_json(summary, "classes")["classes"]
    try:
        dealt = (_by_subject if params.by == "subject" else _by_frame)(rows, params, fold)
    except ValueError as error:
        raise ValueError(f"{sequences}: {error}") from error
    if params.labels == "shuffled":
        said = {row["id"]: row["label"] for row in _shuffle_labels(rows, [params.seed, fold])}
        for row in chain.from_iterable(dealt.values()):
            row["label"] = said[row["id"]]
    for name in classes:
        if all(row["label"] != name for row in dealt["train"]):
            raise ValueError(
                f"{sequences}: fold {fold}: no training sequence of class {name!r} "
                "(change split.k, split.seed or preprocess.classes)"
            )
    content = _content(dealt, params, fold, classes)
    if params.by == "subject" and any(content["shared_subjects"].values()):
        raise AssertionError(
            f"fold {fold}: a subject is in two parts: {content['shared_subjects']}"
        )
    with publish(parts) as (path,):
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _content(dealt: dict[str, list[Row]], params: Split, fold: int, classes: list[str]) -> Row:
    subjects = {part: sorted({row["subject"] for row in dealt[part]}) for part in PARTS}
    counts = {part: Counter(row["label"] for row in dealt[part]) for part in PARTS}
    return {
        "fold": fold,
        "repeat": fold // params.k,
        "leaking": params.by == "frame",
        "labels_shuffled": params.labels == "shuffled",
        "shared_subjects": {
            f"{one} and {other}": sorted(set(subjects[one]) & set(subjects[other]))
            for one, other in combinations(PARTS, 2)
        },
        "parts": {
            part: {
                "subjects": subjects[part],
                "counts": {name: counts[part][name] for name in classes},
                "sequences": dealt[part],
            }
            for part in PARTS
        },
    }


def _by_subject(rows: list[Row], params: Split, fold: int) -> dict[str, list[Row]]:
    # A seed of its own for each repeat, which no repeat of another seed has.
    seed = int(np.random.SeedSequence([params.seed, fold // params.k]).generate_state(1)[0])
    rest, test = _deal(rows, params.k, fold % params.k, seed, "split.k")
    train, validation = _deal(rest, params.validation, 0, seed, "split.validation")
    return {"train": train, "validation": validation, "test": test}


def _deal(rows: list[Row], n: int, index: int, seed: int, key: str) -> tuple[list[Row], list[Row]]:
    """All but the `index`-th of `n` stratified folds of subjects, and that fold."""
    groups = [row["subject"] for row in rows]
    if (found := len(set(groups))) < n:
        left = "" if key == "split.k" else " outside the test part"
        raise ValueError(f"{key}: {n} parts need at least {n} subjects{left}, found {found}")
    folds = StratifiedGroupKFold(n, shuffle=True, random_state=seed)
    labels = [row["label"] for row in rows]
    others, chosen = list(folds.split(rows, labels, groups))[index]
    return [rows[i] for i in others], [rows[i] for i in chosen]


def _by_frame(rows: list[Row], params: Split, fold: int) -> dict[str, list[Row]]:
    """The leak: every sequence's frames dealt to k folds; the next fold's are the validation part.

    A part's frames of a sequence, in order, are its sequence there.
    """
    rng = np.random.default_rng([params.seed, fold // params.k])
    dealt: dict[str, list[Row]] = {part: [] for part in PARTS}
    for row in rows:
        owner = rng.permutation(np.arange(row["length"]) % params.k)
        distance = (owner - fold) % params.k
        for part, mine in (
            ("train", distance > 1),
            ("validation", distance == 1),
            ("test", distance == 0),
        ):
            if mine.any():
                dealt[part].append(row | {"frames": np.flatnonzero(mine).tolist()})
    return dealt


def _shuffle_labels(rows: list[Row], seed: list[int]) -> list[Row]:
    """Labels permuted among each subject's sequences if all show every class equally often.

    Else among all sequences: within a subject who shows few classes, many would stay true.

    Anew in every fold: one shuffle for all would tie what a fold learns to what another is tested
    by, and the errors of guessing would scatter more than those of independent decisions.
    """
    rng = np.random.default_rng(seed)
    shuffled = [dict(row) for row in rows]
    shown = Counter((row["subject"], row["label"]) for row in rows)
    subjects, classes = (len({row[key] for row in rows}) for key in ("subject", "label"))
    even = len(shown) == subjects * classes and len(set(shown.values())) == 1
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in shuffled:
        groups[row["subject"] if even else "everybody"].append(row)
    for _, own in sorted(groups.items()):
        for row, label in zip(own, rng.permutation([r["label"] for r in own]), strict=True):
            row["label"] = str(label)
    return shuffled
