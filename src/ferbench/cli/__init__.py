"""`ferbench <step>`: parse, call, nothing else. A step's module is imported only when it is called.

Each step is handed its inputs and outputs; its numbers come from params.yaml.
"""

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ferbench import determinism
from ferbench.cli import commands
from ferbench.config.params import ParamsError, load
from ferbench.config.schema import Params

# A small file that declares a picture of gigabytes is refused, not decoded (pixels; before cv2).
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**26))

READ = "to read"
WRITE = "to write"


def synthesize(params: Params, given: argparse.Namespace) -> None:
    """write the synthetic Cohn-Kanade: people, expressions, archives"""
    from ferbench.steps.synthesize import synthesize

    synthesize(params.synthesize, **_paths(given), workers=given.workers)


def preprocess(params: Params, given: argparse.Namespace) -> None:
    """align the faces of a release and store crops and landmarks"""
    from ferbench.steps.preprocess import preprocess

    preprocess(params.dataset, params.preprocess, **_paths(given), workers=given.workers)


def split(params: Params, given: argparse.Namespace) -> None:
    """divide the subjects of one fold into train, validation and test parts"""
    if given.fold not in params.folds:
        raise ParamsError(f"{given.params}: folds: no {given.fold}, only {params.folds}")
    from ferbench.steps.split import split

    split(params.split, fold=given.fold, **_paths(given))


def baseline(params: Params, given: argparse.Namespace) -> None:
    """decide one fold's test part without a network: by the last frame, and by the majority"""
    from ferbench.steps.baseline import baseline

    baseline(params.baseline, params.train, **_paths(given))


def train(params: Params, given: argparse.Namespace) -> None:
    """fit one architecture on one fold"""
    name = given.architecture
    from ferbench.models import architectures
    from ferbench.steps.train import train

    module, sizes = architectures.read(params, given.params, name)
    train(params.train, architecture=name, module=module, sizes=sizes, **_paths(given))


def compare(params: Params, given: argparse.Namespace) -> None:
    """make the comparison table and its figures from the fits of params.yaml"""
    from ferbench.steps.compare import compare

    names = list(params.architectures)
    k = params.split.k
    compare(params.compare, architectures=names, folds=params.folds, k=k, **_paths(given))


def track(params: Params, given: argparse.Namespace) -> None:
    """mirror the finished fits into MLflow"""
    from ferbench.steps.track import track

    names = list(params.architectures)
    track(params.track, architectures=names, folds=params.folds, **_paths(given))


def report(params: Params, given: argparse.Namespace) -> None:
    """write the sections of the report: tables, controls, audit, data, provenance"""
    from ferbench.steps.report import report

    report(params, settings=given.params, **_paths(given))


STEPS = {
    synthesize: {
        "images": (WRITE, "zip of the frames, extended-cohn-kanade-images.zip"),
        "emotion_labels": (WRITE, "zip of the emotion labels"),
        "facs_labels": (WRITE, "zip of the action units"),
        "landmarks": (WRITE, "zip of the landmarks"),
    },
    preprocess: {
        "release": (READ, "folder with the release, zipped or extracted"),
        "frames": (WRITE, ".npy of the crops, (frames, size, size) uint8"),
        "landmarks": (WRITE, ".npy of the aligned landmarks, (frames, 68, 2) float32"),
        "sequences": (WRITE, "CSV of the sequences: id, subject, label, first, length"),
        "summary": (WRITE, "JSON: what the data are and how they were aligned"),
    },
    split: {
        "sequences": (READ, "CSV of preprocess"),
        "summary": (READ, "JSON of preprocess"),
        "parts": (WRITE, "JSON of the fold's parts"),
    },
    baseline: {
        "landmarks": (READ, ".npy of preprocess"),
        "summary": (READ, "JSON of preprocess"),
        "fold": (READ, "JSON of split"),
        "predictions": (WRITE, "CSV of decisions, a row a test sequence"),
    },
    train: {
        "frames": (READ, ".npy of preprocess"),
        "landmarks": (READ, ".npy of preprocess"),
        "summary": (READ, "JSON of preprocess"),
        "fold": (READ, "JSON of split"),
        "history": (WRITE, "CSV of losses and errors, a row an epoch"),
        "frame_predictions": (WRITE, "CSV of posteriors, a row a frame"),
        "sequence_predictions": (WRITE, "CSV of posteriors, a row a sequence"),
        "truncated_predictions": (WRITE, "CSV of posteriors, a row a beginning of a test sequence"),
        "weights": (WRITE, "safetensors of the network and of its inputs' projection"),
        "card": (WRITE, "JSON of all that is needed to use the weights"),
    },
    compare: {
        "fits": (READ, "folder of the fits, <architecture>/fold-<id>/"),
        "baseline": (READ, "folder of the baselines' decisions, fold-<id>.csv"),
        "table_csv": (WRITE, "CSV of the table, all digits"),
        "table_md": (WRITE, "Markdown of the table"),
        "table_tex": (WRITE, "LaTeX of the table, booktabs"),
        "pairs_csv": (WRITE, "CSV of every two systems' difference, all digits"),
        "pairs_md": (WRITE, "Markdown of the same, in sentences too"),
        "time_csv": (WRITE, "CSV of the errors by the share of frames that was read"),
        "confusion_csv": (WRITE, "CSV of decisions by label, for every fold"),
        "curves_csv": (WRITE, "CSV of losses by epoch, for every fit"),
        "error_rates": (WRITE, "JSON of the mean error rates alone"),
        "errors": (WRITE, "SVG of the errors, the folds as points"),
        "confusion": (WRITE, "SVG of a confusion matrix per architecture"),
        "curves": (WRITE, "SVG of the learning curves"),
        "pairs": (WRITE, "SVG of every two systems' difference"),
        "time": (WRITE, "SVG of the errors by the share of frames that was read"),
        "reliability": (WRITE, "SVG of what the posteriors are worth"),
        "metrics": (WRITE, "JSON of all figures of the table"),
    },
    track: {
        "fits": (READ, "folder of the fits, <architecture>/fold-<id>/"),
        "metrics": (READ, "JSON of compare"),
        "table": (READ, "Markdown of compare"),
        "frames": (READ, ".npy of preprocess"),
        "landmarks": (READ, ".npy of preprocess"),
        "parts": (READ, "folder of split's JSON, fold-<id>.json"),
        "errors": (READ, "SVG of compare"),
        "confusion": (READ, "SVG of compare"),
        "curves": (READ, "SVG of compare"),
        "pairs": (READ, "SVG of compare"),
        "time": (READ, "SVG of compare"),
        "reliability": (READ, "SVG of compare"),
        "receipt": (WRITE, "JSON of what was mirrored"),
    },
    report: {
        "fits": (READ, "folder of the fits, <architecture>/fold-<id>/"),
        "parts": (READ, "folder of split's JSON, fold-<id>.json"),
        "frames": (READ, ".npy of preprocess"),
        "landmarks": (READ, ".npy of preprocess"),
        "sequences": (READ, "CSV of preprocess"),
        "summary": (READ, "JSON of preprocess"),
        "metrics": (READ, "JSON of compare"),
        "table_csv": (READ, "CSV of compare"),
        "table_md": (READ, "Markdown of compare"),
        "pairs_md": (READ, "Markdown of compare"),
        "terms": (READ, "folder of what controls change in params.yaml"),
        "controls_csv": (READ, "folder of the controls' tables"),
        "code": (READ, "folder of the sources"),
        "comparison": (WRITE, "HTML of the table"),
        "pairs": (WRITE, "HTML of every two systems' difference"),
        "controls": (WRITE, "HTML of what the controls showed"),
        "audit": (WRITE, "HTML of the audit of the paper's numbers"),
        "data": (WRITE, "HTML of what the networks were given"),
        "provenance": (WRITE, "HTML of settings, versions, seeds and checksums"),
    },
}


PARAMS = Path("params.yaml")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(prog="ferbench", description=__doc__)
    root.add_argument(
        "--params",
        type=Path,
        help=f"the numbers of a step (default: {PARAMS})",
    )
    steps = root.add_subparsers(required=True, metavar="command")
    for call, files in STEPS.items():
        step = steps.add_parser(call.__name__, help=call.__doc__, description=call.__doc__)
        step.set_defaults(call=partial(_step, call), files=list(files))
        if call is split:
            step.add_argument("--fold", type=int, required=True, help="an id of `folds`")
        if call is train:
            step.add_argument("--architecture", required=True, help="a key of `architectures`")
        if call in (synthesize, preprocess):
            workers = step.add_argument("--workers", type=commands.positive, default=1)
            workers.help = "at once (default: %(default)s)"
        for name, (way, meaning) in files.items():
            option = f"--{name.replace('_', '-')}"
            step.add_argument(
                option, type=Path, required=True, metavar="PATH", help=f"{meaning}; {way}"
            )
    commands.add(steps)
    return root


def _step(call: Callable[[Params, argparse.Namespace], None], given: argparse.Namespace) -> None:
    given.params = given.params or PARAMS
    call(load(given.params), given)


def _paths(given: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(given, name) for name in given.files}


def _interrupted(number: int, _: object) -> None:
    sys.exit(128 + number)


def main() -> None:
    """Run one command; what is wrong is said in one line, with exit code 1."""
    for stream in (sys.stdout, sys.stderr):  # names of files may be in any script
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _interrupted)  # so that half-written files are cleared away
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as it is under nohup
        signal.signal(signal.SIGHUP, _interrupted)
    root = parser()
    given = root.parse_args()
    if given.params and "files" not in given:
        root.error("--params is for steps; other commands read none, or that of the working folder")
    determinism.notice()
    try:
        given.call(given)
    except BrokenPipeError:  # nobody reads on; what is still to be flushed has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except (OSError, ValueError) as error:
        sys.exit(f"ferbench: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
