"""Write dvc.yaml from the rules, so that each step is described once: `make stages`.

python tools/stages.py > dvc.yaml

A rule's docstring, command, inputs and parameters become those of the stage of the same name. DVC
has no lookup by a fit's architecture, so the rule `train` becomes a stage for each kind of input.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ferbench.config.params import load
from ferbench.config.sources import sources
from ferbench.results.layout import ERROR_RATES, STEPS, outputs

RULES = Path("workflow/rules")
NOT_STORED = ("synthesize", "compare", "track")
"""Steps whose files are cheaper to make than to store, or are small and in git."""
THREADS = "2"
"""Of the rules that take a number of workers; it changes no byte."""

HEAD = """\
# Made from workflow/rules/*.smk by `make stages`; edit those.
"""
PLOTS: list[dict[str, Any]] = [
    {
        "errors": {
            "title": "Error rate on the test part (circles are folds, the bar is their mean)",
            "template": "errors",
            "x": "fold",
            "y": {"results/compare/confusion.csv": "sequences"},
        }
    },
    {
        "confusion": {
            "title": "Label (row) by decision (column), sequences of all test parts",
            "template": "confusion_by_architecture",
            "x": "decision",
            "y": {"results/compare/confusion.csv": "label"},
        }
    },
    {
        "curves": {
            "title": "Cross-entropy by epoch, a line a fold (dashed in training; dots are the "
            "epochs kept)",
            "template": "curves",
            "x": "epoch",
            "y": {"results/compare/curves.csv": "validation_loss"},
        }
    },
]


def items(text: str) -> str:
    """Snakemake's names of wildcards, threads and parameters in DVC's words."""
    text = re.sub(r"\{(?:wildcards\.)?(architecture|fold|format)\}", r"${item.\1}", text)
    text = text.replace("{threads}", THREADS).replace("{params.dataset[path]}", "${dataset.path}")
    return text.replace("${item.format}", "${dataset.name}")


def command(rule: str) -> str:
    """What its shell runs, without the log."""
    lines = re.findall(r'^        "(.+)"$', rule.split("    shell:\n")[1], re.MULTILINE)
    return items("".join(lines).partition(" > ")[0])


def keys(rule: str, kind: str) -> list[str]:
    """Of params.yaml."""
    found = re.findall(r'=lookup\("([^"]+)", within=config\)', rule.split("    params:\n")[1])
    fits = {"numbers": f"architectures/{kind}/{{architecture}}", "input": f"inputs/{kind}"}
    found += [
        fits[name]
        for name in re.findall(r'lookup\("{architecture}/(\w+)", within=ARCH', rule)
        if name in fits
    ]
    return sorted({items(key).replace("/", ".") for key in found})


def needed(name: str, rule: str, kind: str) -> Iterator[str]:
    """Files and folders that the stage depends on."""
    yield from ("${dataset.path}",) if name == "preprocess" else made_by_steps(rule)
    if name == "report":
        yield from ("controls", "params.yaml", "results/controls", "src/ferbench")
    else:
        names = {"input": kind, "architecture": "{architecture}", "format": "{format}"}
        yield from map(items, sources(name, **names))


def made_by_steps(rule: str) -> Iterator[str]:
    """Results that a rule reads; all files of a kind, which it expands, are their folder."""
    given = rule.split("    input:\n")[1].split("    output:\n")[0]
    reference = r"=(expand\(\s*)?rules\.(\w+)\.(?:output|input\.(\w+))"
    for every, step, argument in re.findall(reference, given):
        if argument:  # as another rule has it
            yield from made_by_steps(re.sub(rf"(?m)^        (?!{argument}=)\w+=", "", read(step)))
        elif every:
            yield f"results/{step}"
        else:
            yield from map(items, outputs(step))


def read(step: str) -> str:
    """The source of a rule."""
    return (RULES / f"{step}.smk").read_text(encoding="utf-8")


def stage(name: str, rule: str, kind: str = "") -> dict[str, Any]:
    """Of a rule; of `train`, for one kind of input."""
    content: dict[str, Any] = {"desc": rule.split('"""')[1].splitlines()[0]}
    wildcards = sorted(set(re.findall(r"\{(architecture|fold)\}", "".join(STEPS[name]))))
    of_kind = {"architecture": f"${{architectures.{kind}}}", "fold": "${folds}"}
    if wildcards:
        content["matrix"] = {wildcard: of_kind[wildcard] for wildcard in wildcards}
    content |= {"cmd": command(rule), "deps": sorted(set(needed(name, rule, kind)))}
    if name != "report":
        content["params"] = keys(rule, kind)
    made = [items(path) for path in outputs(name)]
    outs = [{path: {"cache": False}} if name in NOT_STORED else path for path in made]
    metrics = [one for one in outs if ERROR_RATES in str(one)]
    content["outs"] = [one for one in outs if one not in metrics]
    return content | ({"metrics": metrics} if metrics else {})


def text() -> str:
    """All of dvc.yaml."""
    stages: dict[str, Any] = {}
    for name in STEPS:
        rule = read(name)
        if name == "train":
            for kind in load(Path("params.yaml")).architectures:
                stages[f"train-{kind}"] = stage(name, rule, kind)
        else:
            stages[name] = stage(name, rule)
    content = {"stages": stages, "plots": PLOTS}
    return HEAD + yaml.safe_dump(content, sort_keys=False, width=100, allow_unicode=True)


if __name__ == "__main__":
    print(text(), end="")
