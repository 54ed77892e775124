rule report:
    """Write the sections of the report.

    Needs what every other step but track made, the controls' tables and the sources, for their
    checksums; makes the sections as pieces of HTML, which workflow/report/report.rst arranges.
    """
    input:
        fits=rules.compare.input.fits,
        parts=expand(rules.split.output, fold=lookup("folds", within=config)),
        frames=rules.preprocess.output.frames,
        landmarks=rules.preprocess.output.landmarks,
        sequences=rules.preprocess.output.sequences,
        summary=rules.preprocess.output.summary,
        metrics=rules.compare.output.metrics,
        table_csv=rules.compare.output.table_csv,
        table_md=rules.compare.output.table_md,
        pairs_md=rules.compare.output.pairs_md,
        settings="params.yaml",
        controls=sorted(
            [
                *map(str, Path().glob("controls/*")),
                *map(str, Path().glob("results/controls/[!.]*")),
            ]
        ),
        source=sorted(
            str(file)
            for file in Path("src/ferbench").rglob("*.*")
            if "__pycache__" not in file.parts
        ),
    output:
        comparison="results/report/comparison.html",
        pairs="results/report/pairs.html",
        controls="results/report/controls.html",
        audit="results/report/audit.html",
        data="results/report/data.html",
        provenance="results/report/provenance.html",
    log:
        "logs/report.log",
    benchmark:
        "logs/report.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        architectures=lookup("architectures", within=config),
        folds=lookup("folds", within=config),
    shell:
        "ferbench report --fits results/train --parts results/split"
        " --frames {input.frames} --landmarks {input.landmarks}"
        " --sequences {input.sequences} --summary {input.summary}"
        " --metrics {input.metrics} --table-csv {input.table_csv}"
        " --table-md {input.table_md} --pairs-md {input.pairs_md}"
        " --terms controls --controls-csv results/controls --code src/ferbench"
        " --comparison {output.comparison} --pairs {output.pairs}"
        " --controls {output.controls} --audit {output.audit}"
        " --data {output.data} --provenance {output.provenance}"
        " > {log} 2>&1"
