"""Runs commands of `ferbench`, read from standard input, a line each, one after another.

All in this one process: under emulation, a process of its own would run on the real processor.
"""

import shlex
import sys

from ferbench.cli import main

if __name__ == "__main__":
    for command in sys.stdin:
        sys.argv = shlex.split(command)
        main()
