"""What the networks were given: people, sequences, and who is in which part of which fold."""

from collections.abc import Iterator, Sequence

from ferbench.markup.markdown import count, literal, stamped, to_markdown
from ferbench.results.data import Summary
from ferbench.results.parts import Fold

SHOWN = 20  # problems and warnings; more are counted


def data_section(summary: Summary, folds: Sequence[Fold], stamps: Sequence[str]) -> str:
    """Markdown of preprocess's summary and of split's parts, with the stamps of the comparison."""
    return "\n\n".join(_blocks(summary, folds, stamps)) + "\n"


def _blocks(summary: Summary, folds: Sequence[Fold], stamps: Sequence[str]) -> Iterator[str]:
    yield stamped(stamps, summary.dataset)
    yield (
        f"{count(summary.sequences, 'sequence')} of {count(summary.subjects, 'subject')}, "
        f"{summary.frames:,} frames. {summary.labelled:,} sequences of the release have a "
        "label."
    )
    counts = [[literal(name), str(number)] for name, number in summary.counts.items()]
    yield to_markdown([["class", "sequences"], *counts], left=1)
    size = summary.preprocessing.size
    yield (
        f"Faces were aligned by their landmarks and cut to {size} x {size} pixels. "
        f"{summary.frames_with_mesh_landmarks:,} of {summary.frames:,} frames have landmarks of "
        "the face mesh, the rest those of the data set; "
        f"{summary.frames_without_a_face:,} frames without a face were dropped."
    )
    for why, number in summary.skipped.items():
        yield f"Skipped, {literal(why)}: {count(number, 'sequence')}."
    yield from _listed("Left out", summary.unusable)
    yield from _listed("Warnings", summary.warnings)
    yield "### Folds"
    yield _folds(folds)
    yield _proof(folds)


def _listed(title: str, problems: Sequence[str]) -> Iterator[str]:
    if not problems:
        return
    lines = [f"- {literal(problem)}" for problem in problems[:SHOWN]]
    if (more := len(problems) - SHOWN) > 0:
        lines.append(f"- and {more} more, in `results/preprocess/summary.json`")
    yield f"{title}:\n\n" + "\n".join(lines)


def _folds(folds: Sequence[Fold]) -> str:
    rows = [["fold", *(f"{part}: subjects, sequences" for part in folds[0].parts)]]
    for fold in folds:
        sizes = (f"{len(one.subjects)}, {len(one.sequences)}" for one in fold.parts.values())
        rows.append([str(fold.fold), *sizes])
    return to_markdown(rows, left=1)


def _proof(folds: Sequence[Fold]) -> str:
    shared = [
        f"fold {fold.fold}, {pair}: {', '.join(map(literal, subjects))}"
        for fold in folds
        for pair, subjects in fold.shared_subjects.items()
        if subjects
    ]
    if not shared:
        return "No subject is in two parts of a fold."
    return "**Subjects in two parts of a fold**: " + "; ".join(shared) + "."
