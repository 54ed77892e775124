"""Run controls: the benchmark with changed settings, each in a temporary copy of the project.

    python tools/controls.py [name ...] [--cores N]
    python tools/controls.py --docs

Works in the project's folder. `controls/<name>.yaml` says what changes in params.yaml. A run writes
its table to results/controls/<name>.csv, its params.yaml to <name>.yaml beside it, and its log to
logs/controls/<name>.log. Data and folds that Snakemake made in the project are copied; Snakemake
decides which of them are up to date. The exit code is not 0 if a run fails; a control that does not
show what it must is printed, and is not a failure. With --docs nothing is run: the error rates of
the tables are written into docs/method.md.
"""

import argparse
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
from ferbench.io.files import publish, read_json
from ferbench.markup.markdown import percent, to_markdown
from ferbench.results.baselines import MAJORITY
from ferbench.results.layout import TABLE_CSV
from ferbench.validation.controls import CONTROLS, judge, rows_of
from ferbench.validation.settings import merged
from ferbench.verification import sandbox

UPSTREAM = ("synthesize", "preprocess", "split")
TABLE = Path("results/compare", TABLE_CSV)
MADE = Path("results/controls")
DOCS = Path("docs/method.md")
MARKERS = ("<!-- controls -->\n", "\n<!-- /controls -->")
METADATA = Path(".snakemake/metadata")


def params(project: Path, name: str) -> dict[str, Any]:
    """The project's params.yaml as a control changes it."""
    base, override = (
        yaml.safe_load((project / file).read_text(encoding="utf-8"))
        for file in ("params.yaml", f"controls/{name}.yaml")
    )
    return merged(base, override)


def in_a_copy(changed: dict[str, Any], project: Path) -> dict[str, Any]:
    """The same params for a copy of the project elsewhere, which finds real data where they are."""
    path = changed["dataset"]["path"]
    if path != SYNTHETIC_PATH:
        return changed | {"dataset": changed["dataset"] | {"path": str((project / path).resolve())}}
    return changed


def copy(project: Path, target: Path) -> None:
    """Copy the project without results, except the data and folds that Snakemake made."""
    sandbox.copy(project, target)
    for name in made_upstream(project):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project / name, target / name)  # with its time, which Snakemake looks at


def made_upstream(project: Path) -> list[Path]:
    """Data and folds with Snakemake's records of them; none if anything else made one of them."""
    results = project / "results"
    made = [path for step in UPSTREAM for path in sorted((results / step).glob("[!.]*"))]
    names = [path.relative_to(project) for path in made]
    records = [METADATA / b64encode(name.as_posix().encode()).decode() for name in names]
    for path, record in zip(made, records, strict=True):
        if not (project / record).is_file():
            return []
        ended = read_json(project / record)["endtime"]
        if path.stat().st_mtime > ended + 1:  # seconds; DVC wrote it since
            return []
    return [*names, *records]


def run(project: Path, name: str, cores: int) -> None:
    """Run one control; if it fails, FailedError, and its older table stays."""
    log = project / "logs/controls" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"ferbench-{name}-") as folder:
        root = Path(folder)
        changed = params(project, name)
        copy(project, root)
        write(in_a_copy(changed, project), root / "params.yaml")
        sandbox.snakemake(
            root,
            *("--cores", str(cores), str(TABLE)),
            log=log,
            say=lambda done: print(f"  {name}: {done}", flush=True),
        )
        with publish(project / MADE, f"{name}.yaml", f"{name}.csv") as made:
            write(changed, made / f"{name}.yaml")
            shutil.copy(root / TABLE, made / f"{name}.csv")


def write(changed: dict[str, Any], path: Path) -> None:
    """Write a params.yaml; keys keep their order, because Snakemake compares it too."""
    path.write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")


def verdicts(project: Path, name: str) -> str:
    """What a control shows, a line an architecture."""
    if name not in CONTROLS:
        return f"{name}: {MADE / name}.csv"
    default = rows_of(project / TABLE)
    lines = [f"{name}: {CONTROLS[name].shows}"]
    for verdict in judge(name, rows_of(project / MADE / f"{name}.csv"), default):
        said = {True: "holds", False: "DOES NOT HOLD", None: "reported"}[verdict.holds]
        lines.append(f"  {verdict.architecture:10} {said:14} {verdict.why}")
    return "\n".join(lines)


def error_rates(project: Path) -> str:
    """Mean error rates, %, as Markdown: a row a table, a column a system but the majority."""
    tables = {"as params.yaml says": rows_of(project / TABLE)}
    for path in sorted((project / MADE).glob("*.csv")):
        tables[path.stem] = rows_of(path)
    default = tables["as params.yaml says"]
    systems = [row["architecture"] for row in default if row["architecture"] != MAJORITY]
    rows = [[f"error rate, % ({default[0]['stamps']})", *systems]]
    for name, table in tables.items():
        errors = {row["architecture"]: float(row["error_rate_mean"]) for row in table}
        cells = [percent(errors[system], 1) if system in errors else "—" for system in systems]
        rows.append([name, *cells])
    return to_markdown(rows, left=1)


def write_docs(project: Path) -> None:
    """Write `error_rates` between MARKERS of docs/method.md."""
    text = (project / DOCS).read_text(encoding="utf-8")
    before, rest = text.split(MARKERS[0])
    after = rest.split(MARKERS[1])[1]
    content = f"{before}{MARKERS[0]}{error_rates(project)}{MARKERS[1]}{after}"
    (project / DOCS).write_text(content, encoding="utf-8")


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
    parser.add_argument("--docs", action="store_true", help=f"write the table of {DOCS}")
    given = parser.parse_args()
    if given.docs:
        write_docs(project)
        return
    if unknown := sorted(set(given.names) - set(known)):
        parser.error(f"no control {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = given.names or known
    failed = []
    for number, name in enumerate(chosen, start=1):
        print(f"control {number} of {len(chosen)}: {name}", flush=True)
        try:
            run(project, name, given.cores)
        except sandbox.FailedError:
            failed.append(name)
            print(f"  {name} failed: logs/controls/{name}.log says why", flush=True)
    for name in chosen:
        if name not in failed:
            print(verdicts(project, name))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
