"""Committed checksums, as `sha256sum` writes them: what every x86-64 processor with AVX2 gives.

    python tests/helpers/checksums.py       # writes them anew: after a change of what is computed

A difference on one machine alone is never a reason to do that.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from ferbench.io.files import sha256
from projects import run

COMMITTED = Path(__file__).parents[1] / "data"
PRIMITIVES = COMMITTED / "primitives.sha256"
DAG = COMMITTED / "dag.sha256"

MOVING = ("report/provenance.html", "report/controls.html")
"""They quote checksums of the sources, and results/controls."""


def of_folder(root: Path) -> str:
    """Of every file below a folder."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return "".join(f"{sha256(path)}  {path.relative_to(root).as_posix()}\n" for path in files)


def of_dag(results: Path) -> str:
    """Of the small benchmark's results, but for those that other files than its own change."""
    lines = of_folder(results).splitlines(keepends=True)
    return "".join(line for line in lines if not line.split()[1].startswith((*MOVING, "controls/")))


def differing(made: str, expected: str) -> list[str]:
    """What has other checksums, or is in one of them alone; in the order of the lines."""
    ours, theirs = (
        {name: digest for digest, _, name in (line.partition("  ") for line in text.splitlines())}
        for text in (made, expected)
    )
    return [name for name in ours | theirs if ours.get(name) != theirs.get(name)]


def main() -> None:
    COMMITTED.mkdir(exist_ok=True)
    probe = [sys.executable, str(Path(__file__).with_name("probe.py"))]
    PRIMITIVES.write_text(subprocess.run(probe, capture_output=True, text=True, check=True).stdout)
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), "snakemake", "--cores", "2")
        DAG.write_text(of_dag(Path(folder, "project", "results")))


if __name__ == "__main__":
    main()
