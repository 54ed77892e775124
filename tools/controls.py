"""Run controls: the benchmark on changed terms, each in a temporary copy of the project.

    python tools/controls.py [name ...] [--cores N]

Works in the project's folder. `controls/<name>.yaml` says what changes in params.yaml; the table of
the run becomes results/controls/<name>.csv, what it was run with <name>.yaml beside it, its log
logs/controls/<name>.log. Data and folds that Snakemake made in the project are taken along;
Snakemake decides what is still good. The exit code is not 0 if a run fails; what a control was to
show and does not is said, and is not a failure.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from base64 import b64encode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from ferbench.config.params import SYNTHETIC_PATH
from ferbench.io.files import publish
from ferbench.validation.controls import CONTROLS, judge, merged, rows_of
from ferbench.verification import reruns

UPSTREAM = ("synthesize", "preprocess", "split")
TABLE = Path("results/compare/table.csv")
METADATA = Path(".snakemake/metadata")


def params(project: Path, name: str) -> dict[str, Any]:
    """The project's params.yaml as a control changes it."""
    base, override = (
        yaml.safe_load((project / file).read_text(encoding="utf-8"))
        for file in ("params.yaml", f"controls/{name}.yaml")
    )
    return merged(base, override)


def in_a_copy(changed: dict[str, Any], project: Path) -> dict[str, Any]:
    """The same for a copy of the project elsewhere: real data stay where they are."""
    path = changed["dataset"]["path"]
    if path != SYNTHETIC_PATH:
        return changed | {"dataset": changed["dataset"] | {"path": str((project / path).resolve())}}
    return changed


def copy(project: Path, target: Path) -> None:
    """The project without results, but for what Snakemake made of them before the fits."""
    reruns.copy(project, target)
    for name in made_upstream(project):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project / name, target / name)  # with its time, which Snakemake looks at


def made_upstream(project: Path) -> list[Path]:
    """Data and folds with Snakemake's records of them; nothing if one was made by anything else."""
    results = project / "results"
    made = [path for step in UPSTREAM for path in sorted((results / step).glob("[!.]*"))]
    names = [path.relative_to(project) for path in made]
    records = [METADATA / b64encode(name.as_posix().encode()).decode() for name in names]
    for path, record in zip(made, records, strict=True):
        if not (project / record).is_file():
            return []
        ended = json.loads((project / record).read_text(encoding="utf-8"))["endtime"]
        if path.stat().st_mtime > ended + 1:  # seconds; DVC wrote it since
            return []
    return [*names, *records]


def run(project: Path, name: str, cores: int) -> None:
    """One control; FailedError if it fails, and then its older table stays."""
    log = project / "logs/controls" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"ferbench-{name}-") as folder:
        root = Path(folder)
        changed = params(project, name)
        copy(project, root)
        write(in_a_copy(changed, project), root / "params.yaml")
        reruns.snakemake(
            root,
            *("--cores", str(cores), str(TABLE)),
            log=log,
            say=lambda done: print(f"  {name}: {done}", flush=True),
        )
        made = project / "results/controls" / name
        with publish(made.with_suffix(".yaml"), made.with_suffix(".csv")) as (terms, table):
            write(changed, terms)
            shutil.copy(root / TABLE, table)


def write(changed: dict[str, Any], path: Path) -> None:
    """The order of keys is part of what Snakemake sees."""
    path.write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")


def verdicts(project: Path, name: str) -> str:
    """What a control shows, a line an architecture."""
    if name not in CONTROLS:
        return f"{name}: results/controls/{name}.csv"
    default = rows_of(project / TABLE)
    lines = [f"{name}: {CONTROLS[name].shows}"]
    for verdict in judge(name, rows_of(project / "results/controls" / f"{name}.csv"), default):
        said = {True: "holds", False: "DOES NOT HOLD", None: "reported"}[verdict.holds]
        lines.append(f"  {verdict.architecture:10} {said:14} {verdict.why}")
    return "\n".join(lines)


def _interrupted(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def main() -> None:
    """Run the controls that are named, or all."""
    signal.signal(signal.SIGTERM, _interrupted)
    project = Path.cwd()
    known = sorted(path.stem for path in (project / "controls").glob("*.yaml"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(known)}")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="(default: all)")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(known)):
        parser.error(f"no control {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = given.names or known
    failed = []
    for number, name in enumerate(chosen, start=1):
        print(f"control {number} of {len(chosen)}: {name}", flush=True)
        try:
            run(project, name, given.cores)
        except reruns.FailedError:
            failed.append(name)
            print(f"  {name} failed: logs/controls/{name}.log says why", flush=True)
    for name in chosen:
        if name not in failed:
            print(verdicts(project, name))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
