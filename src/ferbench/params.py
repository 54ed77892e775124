"""The schema of params.yaml: unknown, missing or out-of-range keys fail with file, line and key."""

from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

Share = Annotated[float, Field(gt=0, lt=1)]


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("names one thing twice")
    return values


class ParamsError(ValueError):
    """What is wrong with params.yaml, one line."""


class Section(BaseModel, extra="forbid", frozen=True):
    """A part of params.yaml."""


class Dataset(Section):
    """Where the footage comes from; another dataset is another name and path, nothing else."""

    name: str
    """A module of `ferbench.datasets`."""
    path: str
    """The release: a folder with the archives, or with what was extracted from them."""


class Synthesize(Section):
    """The synthetic Cohn-Kanade."""

    seed: NonNegativeInt


class Preprocess(Section):
    """From frames of any size to aligned crops."""

    classes: Annotated[list[str], Field(min_length=2), AfterValidator(_distinct)]
    """The classes told apart, in the order of the networks' outputs; others are skipped, counted."""
    size: Annotated[int, Field(ge=16)]
    """Side of a crop, pixels."""
    eye_distance: Share
    """Distance of the outer eye corners in a crop, as a share of its side."""
    eye_height: Share
    """Height of the eyes in a crop from its top, as a share of its side."""


class Split(Section):
    """Subject-independent folds."""

    k: Annotated[int, Field(ge=2)]
    """Folds of one repeat; fold ids from k on are further repeats with another shuffle."""
    validation: Annotated[int, Field(ge=2)]
    """One of this many parts of a fold's training subjects is its validation part."""
    seed: NonNegativeInt
    by: Literal["subject", "frame"]
    """`frame` deals each sequence's frames to the folds: a leak, kept to show what it hides."""
    labels: Literal[True, "shuffled"]
    """`shuffled` permutes each subject's labels: a control in which there is nothing to learn."""


class Recipe(Section):
    """How the networks of one kind of input are optimised (AdamW)."""

    epochs: PositiveInt
    """At most; the one with the lowest validation loss is kept."""
    patience: PositiveInt
    """Epochs without a lower validation loss after which a fit ends."""
    batch_size: PositiveInt
    """Sequences."""
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    gradient_clip: PositiveFloat
    """Largest norm of the gradient."""


class Recipes(Section):
    """One recipe a kind of input, the same for every architecture that reads it."""

    features: Recipe
    crops: Recipe


class Train(Section):
    """The protocol of a fit."""

    features: Literal["geometric", "pca"]
    reference: Literal["first_frame", "none"]
    """What features are measured from: the sequence's first frame, or nothing."""
    recipes: Recipes
    seed: NonNegativeInt
    threads: PositiveInt
    """1 and 2 threads give different floats, so this is science and not a machine setting."""
    accelerator: Literal["cpu", "gpu"]


class Compare(Section):
    """The comparison table."""

    decimals: NonNegativeInt
    """Decimals of a percentage in the table; metrics.json has all digits."""


class Track(Section):
    """The mirror in MLflow."""

    experiment: str
    """Experiment that holds the runs; a synthetic dataset adds that word by itself."""


class Params(Section):
    """All of params.yaml."""

    dataset: Dataset
    synthesize: Synthesize
    preprocess: Preprocess
    split: Split
    folds: Annotated[list[NonNegativeInt], Field(min_length=1), AfterValidator(_distinct)]
    architectures: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    """Each validated by the `Params` of its own module, when it is used."""
    train: Train
    compare: Compare
    track: Track


def load(path: Path) -> Params:
    """Read and validate; ParamsError names every offending key with its line."""
    text = path.read_text(encoding="utf-8")
    try:
        return Params.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise ParamsError(_explain(error, path, text)) from None


def check_engine_config(path: Path, config: dict[str, Any]) -> None:
    """Refuse values that an engine holds but params.yaml does not: no command would see them."""
    load(path)
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    if differing := [key for key in {**written, **config} if written.get(key) != config.get(key)]:
        raise ParamsError(f"{path}: {', '.join(differing)}: overridden elsewhere; edit the file")


def read_architecture(params: Params, path: Path, name: str) -> tuple[ModuleType, BaseModel]:
    """The module of one of `params.architectures`, and its own numbers, validated."""
    if name not in params.architectures:
        known = ", ".join(params.architectures)
        raise ParamsError(f"{path}: architectures: no {name!r}, only {known}")
    from ferbench import architectures  # imports torch, which no other step needs

    module = architectures.find(name)
    try:
        return module, module.Params(**params.architectures[name])
    except ValidationError as error:
        text = path.read_text(encoding="utf-8")
        raise ParamsError(_explain(error, path, text, ("architectures", name))) from None


def _explain(error: ValidationError, path: Path, text: str, prefix: tuple[str, ...] = ()) -> str:
    """One line: for each problem its line in the file, its key, what is wrong and what was found."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    problems = []
    for problem in error.errors(include_url=False):
        keys = (*prefix, *problem["loc"])
        missing = problem["type"] == "missing"
        found = "" if missing else f" (found {problem['input']!r})"
        where = f"{path}:{_line(root, keys)}: {'.'.join(map(str, keys)) or 'the file'}"
        problems.append(f"{where}: {problem['msg']}{found}")
    return "; ".join(problems)


def _line(node: yaml.Node | None, keys: tuple[str | int, ...]) -> int:
    """The line, from 1, of the deepest of `keys` that is written in the file."""
    line = node.start_mark.line + 1 if node else 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
    return line
