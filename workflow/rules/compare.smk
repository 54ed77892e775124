rule compare:
    """Make the comparison table and its figures.

    Needs every fit of params.yaml's architectures and folds; makes the table, the figures and the
    numbers behind them.
    """
    input:
        fits=expand(
            rules.train.output,
            architecture=lookup("architectures", within=config),
            fold=lookup("folds", within=config),
        ),
        source=[
            "src/ferbench/compare.py",
            "src/ferbench/figures.py",
            "src/ferbench/files.py",
            "src/ferbench/fits.py",
            "src/ferbench/metrics.py",
            "src/ferbench/paper.py",
            "src/ferbench/predictions.py",
            "src/ferbench/tables.py",
        ],
    output:
        table_csv="results/compare/table.csv",
        table_md="results/compare/table.md",
        errors="results/compare/errors.svg",
        confusion="results/compare/confusion.svg",
        curves="results/compare/curves.svg",
        metrics="results/compare/metrics.json",
    log:
        "logs/compare.log",
    benchmark:
        "logs/compare.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        architectures=lookup("architectures", within=config),
        compare=lookup("compare", within=config),
        folds=lookup("folds", within=config),
    shell:
        "ferbench compare --fits results/train"
        " --table-csv {output.table_csv} --table-md {output.table_md}"
        " --errors {output.errors} --confusion {output.confusion} --curves {output.curves}"
        " --metrics {output.metrics}"
        " > {log} 2>&1"
