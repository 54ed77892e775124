"""How long the default run and its parts take here, and how much memory: `make speed`.

Everything runs in a temporary copy of the committed tree. Machines differ and are shared, so the
figures are printed and nothing is asserted.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ferbench.determinism

import numpy as np

CORES = "2"
PREPROCESS = "preprocess, 2 workers"


def timed(title: str, command: str, cwd: Path) -> float:
    """Wall seconds of a command; ends the benchmark if it fails."""
    start = time.perf_counter()
    own = os.environ | {"PYTHONPATH": str(cwd / "src")}
    done = subprocess.run(command.split(), cwd=cwd, env=own, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{command}\n{done.stdout}{done.stderr}")
    print(f"{title:42} {seconds:8.1f} s", flush=True)
    return seconds


def parts(results: Path, out: Path) -> dict[str, str]:
    """Commands that are timed by themselves, by their title."""
    preprocess = f"ferbench preprocess --workers 2 --release {results}/synthesize --to {out}/p"
    return {PREPROCESS: preprocess} | {
        f"train of one {architecture}, a fresh process": (
            f"ferbench train --architecture {architecture} --fold 0 --data {results}/preprocess "
            f"--split {results}/split --to {out}/{architecture}"
        )
        for architecture in ("lstm", "cnn")
    }


def peaks(logs: Path) -> dict[str, float]:
    """Largest resident memory of every step's jobs, MB, as Snakemake saw it."""
    found: dict[str, float] = {}
    for file in sorted(logs.rglob("*.tsv")):
        with file.open(newline="") as opened:
            row = next(csv.DictReader(opened, delimiter="\t"))
        step = file.relative_to(logs).with_suffix("").parts[0]
        if row["max_rss"] not in ("-", "NA"):
            found[step] = max(found.get(step, 0.0), float(row["max_rss"]))
    return found


def main() -> None:
    """Print a table of seconds, one of rates and one of memory."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ferbench"
        subprocess.run(["git", "clone", "--quiet", Path.cwd(), copy], check=True)
        timed(f"whole default run, {CORES} cores", f"snakemake --cores {CORES}", copy)
        timed("no-op snakemake", f"snakemake --cores {CORES}", copy)
        results, out = copy / "results", Path(folder) / "out"
        archives = results / "synthesize"
        size = sum(file.stat().st_size for file in archives.iterdir()) / 1e6
        taken = {
            title: timed(title, command, copy) for title, command in parts(results, out).items()
        }
        frames = len(np.load(results / "preprocess" / "frames.npy", mmap_mode="r"))
        print(f"\n{'preprocess':42} {frames / taken[PREPROCESS]:8.0f} frames/s")
        print(f"{'synthetic archives':42} {size:8.0f} MB")
        for step, peak in peaks(copy / "logs").items():
            print(f"{'peak memory of a job of ' + step:42} {peak:8.0f} MB")


if __name__ == "__main__":
    ferbench.determinism.notice()
    main()
