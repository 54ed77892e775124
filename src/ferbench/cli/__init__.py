"""`ferbench <command>`: parse, call, nothing else.

A step is handed folders, and writes one; its numbers come from params.yaml. What a command needs is
imported only when it is called.
"""

import argparse
import io
import os
import signal
import sys
from pathlib import Path

from ferbench import determinism
from ferbench.cli import commands, steps

# A small file that declares a picture of gigabytes is refused, not decoded (pixels; before cv2).
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**26))

DESCRIPTION = """\
Compare sequence classifiers for facial expression on people they have not seen, and use them.
snakemake --cores all, or dvc repro, runs all steps; these are the single commands.
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    raw = argparse.RawDescriptionHelpFormatter
    root = argparse.ArgumentParser(prog="ferbench", description=DESCRIPTION, formatter_class=raw)
    numbers = f"the numbers of a step (default: {steps.PARAMS})"
    root.add_argument("--params", type=Path, help=numbers)
    every = root.add_subparsers(required=True, metavar="command")
    steps.add(every)
    commands.add(every)
    return root


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
    if given.params and "step" not in given:
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
