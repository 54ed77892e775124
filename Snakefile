from pathlib import Path

from ferbench.config.params import ParamsError, check_engine_config
from ferbench.config.sources import sources
from ferbench.reporting.figures import Figures
from ferbench.results.layout import FIGURES, NUMBERS, TABLES, outputs
from ferbench.verification.handoff import HandoffError, hold
from ferbench.verification.page import Page


configfile: "params.yaml"


try:
    check_engine_config(Path("params.yaml"), config)
except ParamsError as error:
    raise WorkflowError(str(error))


# For the text of the report, where they are looked at.
config["page"] = Page(Path())
config["figures"] = Figures()

# What a fit depends on, by the name of its architecture.
ARCHITECTURES = {
    name: {
        "numbers": numbers,
        "input": config["inputs"][kind],
        "sources": sources("train", input=kind, architecture=name),
    }
    for kind, group in config["architectures"].items()
    for name, numbers in group.items()
}


report: "workflow/report/report.rst"


include: "workflow/rules/synthesize.smk"
include: "workflow/rules/preprocess.smk"
include: "workflow/rules/split.smk"
include: "workflow/rules/baseline.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/track.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "results/compare/table.md",
        "results/track/receipt.json",
        rules.report.output,


onstart:
    try:
        hold()
    except HandoffError as error:
        raise WorkflowError(str(error))
    shell("touch .snakemake/started")


onsuccess:
    shell(
        "test ! results/track/receipt.json -nt .snakemake/started"
        " || cat results/compare/table.md workflow/after.txt"
    )
