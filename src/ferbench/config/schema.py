"""What params.yaml may say: its sections, their keys, types and ranges.

What a key means, and its unit, stands beside it in params.yaml; here stands what is not said there.
"""

import posixpath
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    PrivateAttr,
    model_validator,
)

Share = Annotated[float, Field(gt=0, lt=1)]


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("names one thing twice")
    return values


def _plain(path: str) -> str:
    if set(path) & set("'{}"):
        raise ValueError("quotation marks and braces mean something to the engines; rename it")
    if path != (plain := posixpath.normpath(path)):
        raise ValueError(f"write it as {plain}")
    return path


class Section(BaseModel, extra="forbid", frozen=True, allow_inf_nan=False):
    """A part of params.yaml."""


class Dataset(Section):
    """Where the sequences come from; another dataset is another name and path, nothing else."""

    name: str  # a module of `ferbench.data.formats`
    path: Annotated[str, AfterValidator(_plain)]
    """The release: a folder with the archives, or with what was extracted from them."""


class People(Section):
    """Who is in front of the camera."""

    count: Annotated[int, Field(ge=1, le=999)]  # the release numbers people by three digits
    shape: NonNegativeFloat
    bound: PositiveFloat
    asymmetry: NonNegativeFloat
    weight: NonNegativeFloat
    tone: NonNegativeFloat


class Length(Section):
    """Frames of a sequence."""

    shortest: Annotated[int, Field(ge=2)]
    mean: Annotated[float, Field(ge=2)]  # of a gamma distribution that starts at `shortest`
    longest: Annotated[int, Field(ge=2)]  # what is longer is cut

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.shortest <= self.mean <= self.longest:
            raise ValueError("must be shortest <= mean <= longest")
        return self


class Expression(Section):
    """How action units rise from neutral to apex."""

    weakest: Annotated[float, Field(gt=0, le=1)]
    strongest: Annotated[float, Field(gt=0, le=1)]
    person_gain: NonNegativeFloat
    sequence_gain: NonNegativeFloat
    asymmetry: NonNegativeFloat
    omission: Annotated[float, Field(ge=0, lt=1)]
    """Probability that an action unit which only some displays have is left out of one of them."""
    coactivation: Annotated[float, Field(ge=0, le=2)]
    """Probability of an unrelated action unit, as a share of its incidence in Cohn-Kanade."""
    onset: Share
    onset_jitter: NonNegativeFloat
    rise: PositiveFloat  # time constant of the logistic rise, as a share of the sequence
    blinks: NonNegativeFloat
    frame_rate: PositiveFloat

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.weakest > self.strongest:
            raise ValueError("must be weakest <= strongest")
        return self


class Motion(Section):
    """How head and eyes move."""

    pose: NonNegativeFloat
    sway: NonNegativeFloat
    position: NonNegativeFloat
    gaze: Annotated[float, Field(ge=0, le=1)]
    memory: Share


class Camera(Section):
    """How it looks."""

    width: Annotated[int, Field(ge=64)]
    height: Annotated[int, Field(ge=64)]
    eye_distance: Annotated[float, Field(ge=0.05, le=0.3)]
    distance: Annotated[float, Field(ge=5)]
    light: NonNegativeFloat
    ambient: Share
    exposure: NonNegativeFloat
    background: Annotated[float, Field(ge=0, le=0.5)]
    blur: PositiveFloat
    noise: NonNegativeFloat
    grain: NonNegativeFloat


class Tracking(Section):
    """How far landmarks are from the true points."""

    jitter: NonNegativeFloat
    drift: NonNegativeFloat
    memory: Share


class Synthesize(Section):
    """The synthetic Cohn-Kanade."""

    task: Literal["emotions", "order"]  # `order` is that of `ferbench.synthetic.order`
    seed: NonNegativeInt
    people: People
    length: Length
    expression: Expression
    motion: Motion
    camera: Camera
    tracking: Tracking


class Crop(Section):
    """The place of a face in its crop."""

    size: Annotated[int, Field(ge=16)]
    eye_distance: Share
    eye_height: Share


class Preprocess(Crop):
    """From frames of any size to aligned crops."""

    classes: Annotated[list[str], Field(min_length=2), AfterValidator(_distinct)]
    """The classes told apart, in the order of the outputs; others are skipped, counted."""
    subjects: Literal["all"] | Annotated[int, Field(ge=2)]
    faceless: Annotated[float, Field(ge=0, lt=1)]
    on_problem: Literal["stop", "skip"]


class Split(Section):
    """Subject-independent folds."""

    k: Annotated[int, Field(ge=2)]
    validation: Annotated[int, Field(ge=2)]
    seed: NonNegativeInt
    by: Literal["subject", "frame"]
    """`frame` divides each sequence's frames among folds: a leak, kept to show what it hides."""
    labels: Literal[True, "shuffled"]  # permuted, anew in every fold: nothing is left to learn


class Recipe(Section):
    """How the networks of one kind of input are optimised (AdamW)."""

    epochs: PositiveInt
    patience: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    gradient_clip: PositiveFloat


class Input(Section):
    """One kind of input, a module of `ferbench.models.inputs`."""

    variant: str | None = None  # of the numbers it makes of a frame; None where there is but one
    recipe: Recipe


class Features(Input):
    """Thirty numbers a frame, from its landmarks."""

    variant: Literal["geometric", "pca"]


class Crops(Input):
    """Grey pixels of the aligned face."""

    variant: None = None


class Inputs(Section, extra="allow"):
    """What networks read, by kind. A further kind needs no line here."""

    __pydantic_extra__: dict[str, Input]

    features: Features
    crops: Crops

    @property
    def kinds(self) -> list[str]:
        """Names of all sections."""
        return list(self.model_dump())

    def __getitem__(self, kind: str) -> Input:
        """The section of a kind."""
        found: Input = getattr(self, kind)
        return found


class Train(Section):
    """The protocol of a fit."""

    reference: Literal["first_frame", "none"]
    frames: Literal["in_order", "shuffled_in_test", "shuffled"]
    """Controls: the frames of test sequences, or of all, in random order, once the reference is
    subtracted. A sequence has one permutation, given by `split.seed`, in all fits."""
    class_weights: Literal["none", "balanced"]
    """`balanced`: a sequence weighs n / (classes * n of its class) in both losses, n counted in
    the training part."""
    seeds: Annotated[list[NonNegativeInt], Field(min_length=1), AfterValidator(_distinct)]
    """Of the fits of an architecture on a fold, one fit each; none of another job's is the same."""
    threads: PositiveInt
    accelerator: Literal["cpu", "gpu"]


class Baseline(Section):
    """A logistic regression on the features of a sequence's last frame."""

    c: PositiveFloat


class Compare(Section):
    """The comparison table."""

    decimals: NonNegativeInt
    bootstrap: Annotated[int, Field(ge=100)]
    """Draws of the subjects behind each interval; 5,000 or more for the ends of one of 95 %."""
    seed: NonNegativeInt


class Track(Section):
    """The mirror in MLflow."""

    experiment: str  # holds the runs; a synthetic dataset adds that word by itself


Numbers = dict[str, Any]  # an architecture's own; the `Params` of its module validates them


def _once(groups: dict[str, dict[str, Numbers]]) -> dict[str, dict[str, Numbers]]:
    names = [name for group in groups.values() for name in group]
    if not names:
        raise ValueError("names no architecture")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} stands under two inputs")
    return groups


class Params(Section):
    """All of params.yaml."""

    dataset: Dataset
    synthesize: Synthesize
    preprocess: Preprocess
    split: Split
    folds: Annotated[list[NonNegativeInt], Field(min_length=1), AfterValidator(_distinct)]
    architectures: Annotated[dict[str, dict[str, Numbers]], AfterValidator(_once)]
    inputs: Inputs
    train: Train
    baseline: Baseline
    compare: Compare
    track: Track
    _path: Path = PrivateAttr(Path("params.yaml"))

    @property
    def path(self) -> Path:
        """The file that this was read from."""
        return self._path

    @property
    def names(self) -> list[str]:
        """Of all architectures."""
        return [name for group in self.architectures.values() for name in group]

    def input_of(self, architecture: str) -> str:
        """The kind of input that one of `names` reads."""
        return next(kind for kind, group in self.architectures.items() if architecture in group)
