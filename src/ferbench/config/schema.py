"""What params.yaml may say: its sections, their keys, types, ranges and units."""

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

    name: str
    """A module of `ferbench.data.formats`."""
    path: Annotated[str, AfterValidator(_plain)]
    """The release: a folder with the archives, or with what was extracted from them."""


class People(Section):
    """Who is in front of the camera."""

    count: Annotated[int, Field(ge=1, le=999)]
    """Women and men in turn; the release's names have room for 999."""
    shape: NonNegativeFloat
    """Standard deviation of a local morph target's weight, 1 being the target in full."""
    bound: PositiveFloat
    """Largest weight of a local morph target."""
    asymmetry: NonNegativeFloat
    """Between the halves of a face: standard deviation, as a share of `shape`."""
    weight: NonNegativeFloat
    """Standard deviation of the body's weight, 1 being the largest."""
    tone: NonNegativeFloat
    """Standard deviation of the skin's grey about that of its ethnicity, white being 1."""


class Length(Section):
    """Frames of a sequence."""

    shortest: Annotated[int, Field(ge=2)]
    mean: Annotated[float, Field(ge=2)]
    """Of a gamma distribution that starts at `shortest`."""
    longest: Annotated[int, Field(ge=2)]
    """What is longer is cut."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.shortest <= self.mean <= self.longest:
            raise ValueError("must be shortest <= mean <= longest")
        return self


class Expression(Section):
    """How action units rise from neutral to apex."""

    weakest: Annotated[float, Field(gt=0, le=1)]
    """Least overall intensity of a sequence, 1 being a full display."""
    strongest: Annotated[float, Field(gt=0, le=1)]
    """Greatest overall intensity of a sequence."""
    person_gain: NonNegativeFloat
    """Standard deviation of the logarithm of a person's gain of each action unit."""
    sequence_gain: NonNegativeFloat
    """The same from sequence to sequence."""
    asymmetry: NonNegativeFloat
    """Standard deviation of left minus right in a person's action unit, as a share of it."""
    omission: Annotated[float, Field(ge=0, lt=1)]
    """Probability that an action unit which only some displays have is left out of one of them."""
    coactivation: Annotated[float, Field(ge=0, le=2)]
    """Probability of an unrelated action unit, as a share of its incidence in Cohn-Kanade."""
    onset: Share
    """Mean middle of the rise, as a share of the sequence."""
    onset_jitter: NonNegativeFloat
    """Its standard deviation from action unit to action unit, as a share of the sequence."""
    rise: PositiveFloat
    """Time constant of the logistic rise, as a share of the sequence."""
    blinks: NonNegativeFloat
    """A second."""
    frame_rate: PositiveFloat
    """Frames a second."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.weakest > self.strongest:
            raise ValueError("must be weakest <= strongest")
        return self


class Motion(Section):
    """How head and eyes move."""

    pose: NonNegativeFloat
    """Standard deviation of the head's turn, nod and tilt from sequence to sequence, degrees."""
    sway: NonNegativeFloat
    """Standard deviation of the same within a sequence, degrees."""
    position: NonNegativeFloat
    """Standard deviation of the face's place from sequence to sequence, shares of the width."""
    gaze: Annotated[float, Field(ge=0, le=1)]
    """Standard deviation of the look sideways and up, 1 being as far as it goes."""
    memory: Share
    """Correlation of sway and gaze from one frame to the next."""


class Camera(Section):
    """How it looks."""

    width: Annotated[int, Field(ge=64)]
    """Pixels."""
    height: Annotated[int, Field(ge=64)]
    """Pixels."""
    eye_distance: Annotated[float, Field(ge=0.05, le=0.3)]
    """Between the average head's outer eye corners, share of the width."""
    distance: Annotated[float, Field(ge=5)]
    """From the face, decimetres."""
    light: NonNegativeFloat
    """Standard deviation of the main light's direction from sequence to sequence, degrees."""
    ambient: Share
    """Mean share of the light that comes from everywhere."""
    exposure: NonNegativeFloat
    """Standard deviation of the logarithm of the exposure from sequence to sequence."""
    background: Annotated[float, Field(ge=0, le=0.5)]
    """Half the range of the wall's grey, white being 1."""
    blur: PositiveFloat
    """Standard deviation of the lens's blur, pixels."""
    noise: NonNegativeFloat
    """Standard deviation of the sensor's noise, grey levels."""
    grain: NonNegativeFloat
    """Standard deviation of the blur that correlates it, pixels."""


class Tracking(Section):
    """How far landmarks are from the true points."""

    jitter: NonNegativeFloat
    """Standard deviation that is new in each frame, shares of the outer eye distance."""
    drift: NonNegativeFloat
    """Standard deviation that is kept from frame to frame, shares of the outer eye distance."""
    memory: Share
    """Correlation of the drift from one frame to the next."""


class Synthesize(Section):
    """The synthetic Cohn-Kanade."""

    task: Literal["emotions", "order"]
    """What each person performs: the six emotions, once each; or two of them in either order, where
    nothing but the order tells one sequence from the other (`ferbench.synthetic.order`)."""
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
    """Side of a crop, pixels."""
    eye_distance: Share
    """Distance of the outer eye corners in a crop, as a share of its side."""
    eye_height: Share
    """Height of the eyes in a crop from its top, as a share of its side."""


class Preprocess(Crop):
    """From frames of any size to aligned crops."""

    classes: Annotated[list[str], Field(min_length=2), AfterValidator(_distinct)]
    """The classes told apart, in the order of the outputs; others are skipped, counted."""
    subjects: Literal["all"] | Annotated[int, Field(ge=2)]
    """A number keeps the first so many, by name, of those who show one of the classes."""
    faceless: Annotated[float, Field(ge=0, lt=1)]
    """Largest share of a sequence's frames that may show no face; such frames are dropped."""
    on_problem: Literal["stop", "skip"]
    """What a sequence that cannot be used does: it ends the run, or is left out and reported."""


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
    """`shuffled` permutes them, anew in every fold: a control with nothing to learn."""


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


class Input(Section):
    """One kind of input, a module of `ferbench.models.inputs`."""

    variant: str | None = None
    """Of the numbers it makes of a frame; None where the kind has but one."""
    recipe: Recipe
    """The same for every architecture that reads this input."""


class Features(Input):
    """Thirty numbers a frame, from its landmarks."""

    variant: Literal["geometric", "pca"]


class Inputs(Section, extra="allow"):
    """What networks read, by kind. A further kind needs no line here."""

    __pydantic_extra__: dict[str, Input]

    features: Features
    crops: Input

    def __getitem__(self, kind: str) -> Input:
        """The section of a kind."""
        found: Input = getattr(self, kind)
        return found


class Train(Section):
    """The protocol of a fit."""

    reference: Literal["first_frame", "none"]
    """What features and crops are measured from: the sequence's first frame, or nothing."""
    frames: Literal["in_order", "shuffled_in_test", "shuffled"]
    """Controls: the frames of test sequences, or of all, in random order, once the reference is
    subtracted. A seed has one permutation of a sequence, whatever the architecture."""
    class_weights: Literal["none", "balanced"]
    """`balanced`: a sequence weighs n / (classes * n of its class) in both losses, n counted in
    the training part."""
    seed: NonNegativeInt
    threads: PositiveInt
    """1 and 2 threads give different floats, so this is science and not a machine setting."""
    accelerator: Literal["cpu", "gpu"]


class Baseline(Section):
    """A logistic regression on the features of a sequence's last frame."""

    c: PositiveFloat
    """Inverse strength of its L2 penalty, scikit-learn's `C`."""


class Compare(Section):
    """The comparison table."""

    decimals: NonNegativeInt
    """Decimals of a percentage in the table; metrics.json has all digits."""
    bootstrap: Annotated[int, Field(ge=100)]
    """Draws of the subjects behind each interval; 5,000 or more for the ends of one of 95 %."""
    seed: NonNegativeInt
    """Of all that is drawn."""


class Track(Section):
    """The mirror in MLflow."""

    experiment: str
    """Experiment that holds the runs; a synthetic dataset adds that word by itself."""


Numbers = dict[str, Any]
"""An architecture's own, validated by the `Params` of its module when it is used."""


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
    """By the input that they read, then by name."""
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

    @model_validator(mode="after")
    def _known_inputs(self) -> Self:
        for kind in self.architectures:
            if kind not in self.inputs.model_dump():
                raise ValueError(f"architectures.{kind}: no such section of inputs")
        return self
