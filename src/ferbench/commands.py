"""`ferbench <command>` beside the steps: looking at data, and a trained model at work.

They read no params.yaml and work in any folder. A command's module is imported only when it is
called.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def check_data(given: argparse.Namespace) -> None:
    """say what a release holds, and what is missing or broken in it"""
    from ferbench.check_data import check_data

    if not check_data(given.path, given.dataset, workers=given.workers):
        sys.exit(1)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add every command of this module to the command line."""
    check = _command(commands, "check-data", check_data)
    check.add_argument("path", type=Path, help="folder of the release")
    check.add_argument("--dataset", default="cohn_kanade", help="format (default: %(default)s)")
    check.add_argument("--workers", type=int, default=2, help="at once (default: %(default)s)")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    call: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=call.__doc__, description=call.__doc__)
    command.set_defaults(call=call)
    return command
