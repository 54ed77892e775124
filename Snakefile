from pathlib import Path

from ferbench.config.params import ParamsError, check_engine_config
from ferbench.config.sources import sources
from ferbench.reporting.figures import Figures
from ferbench.results.layout import FIGURES, NUMBERS, STEPS, TABLES, outputs
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


for step in STEPS:

    include: f"workflow/rules/{step}.smk"


# The comparison, and every step after it.
LAST = list(STEPS)[list(STEPS).index("compare") :]


rule all:
    default_target: True
    input:
        [outputs(step) for step in LAST],


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
