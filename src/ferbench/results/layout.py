"""Every file of a finished step, by name: steps write these, and both engines list them.

`{fold}` and `{architecture}` stand for the values of a job.
"""

from collections.abc import Iterable
from pathlib import Path

SYNTHESIZE = (
    *("Landmarks.zip", "FACS_labels.zip"),
    *("Emotion_labels.zip", "extended-cohn-kanade-images.zip"),
)
"""Landmarks, action units, labels and images of the release."""

FRAMES = "frames.npy"  # crops, (frames, size, size) uint8, all sequences one after another
LANDMARKS = "landmarks.npy"  # (frames, 68, 2) float32, pixels of the crops
SEQUENCES = "sequences.csv"
SUMMARY = "summary.json"
PREPROCESS = (FRAMES, LANDMARKS, SEQUENCES, SUMMARY)

FOLD = "fold-{fold}.json"
SPLIT = (FOLD,)

DECISIONS = "fold-{fold}.csv"
BASELINE = (DECISIONS,)

FIT = "{architecture}/fold-{fold}"  # folder of a fit, below that of `train`
HISTORY = "history.csv"
FRAME_PREDICTIONS = "frame_predictions.csv"
SEQUENCE_PREDICTIONS = "sequence_predictions.csv"
TRUNCATED_PREDICTIONS = "truncated_predictions.csv"
WEIGHTS = "weights.safetensors"
CARD = "card.json"
TRAIN = (HISTORY, FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS, TRUNCATED_PREDICTIONS, WEIGHTS, CARD)

TABLE_CSV, TABLE_MD, TABLE_TEX = "table.csv", "table.md", "table.tex"
PAIRS_CSV, PAIRS_MD = "pairs.csv", "pairs.md"
TIME_CSV, CONFUSION_CSV, CURVES_CSV = "time.csv", "confusion.csv", "curves.csv"
TABLES = (
    *(TABLE_CSV, TABLE_MD, TABLE_TEX, PAIRS_CSV, PAIRS_MD),
    *(TIME_CSV, CONFUSION_CSV, CURVES_CSV),
)
_DRAWN = Path(__file__).parents[1] / "reporting/figures"
FIGURES = tuple(sorted(f"{path.stem}.svg" for path in _DRAWN.glob("[!_]*.py")))
"""One for each module of `ferbench.reporting.figures`."""
ERROR_RATES = "error_rates.json"
METRICS = "metrics.json"
NUMBERS = (ERROR_RATES, METRICS)
COMPARE = (*TABLES, *FIGURES, *NUMBERS)

RECEIPT = "receipt.json"
TRACK = (RECEIPT,)

SECTIONS = tuple(
    f"{name}.html" for name in ("audit", "comparison", "controls", "data", "pairs", "provenance")
)
REPORT = SECTIONS

STEPS = {
    "synthesize": SYNTHESIZE,
    "preprocess": PREPROCESS,
    "split": SPLIT,
    "baseline": BASELINE,
    "train": tuple(f"{FIT}/{name}" for name in TRAIN),
    "compare": COMPARE,
    "track": TRACK,
    "report": REPORT,
}
"""What each step writes below results/<step>, in the order in which they run."""


def outputs(step: str, names: Iterable[str] = ()) -> list[str]:
    """Paths of a step's files, all or those of `names`; wildcards are left as they are."""
    return [f"results/{step}/{name}" for name in names or STEPS[step]]
