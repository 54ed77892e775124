rule compare:
    """Make the comparison table and its figures.

    Needs every fit of params.yaml's architectures and folds, and the decisions of the baselines;
    makes the tables, the figures and the numbers behind them.
    """
    input:
        fits=expand(
            rules.train.output,
            architecture=lookup("architectures", within=config),
            fold=lookup("folds", within=config),
        ),
        baseline=expand(
            rules.baseline.output,
            fold=lookup("folds", within=config),
        ),
        source=[
            "src/ferbench/compare.py",
            "src/ferbench/drawing.py",
            "src/ferbench/ensemble.py",
            "src/ferbench/figures.py",
            "src/ferbench/figures_of_sureness.py",
            "src/ferbench/files.py",
            "src/ferbench/fits.py",
            "src/ferbench/markdown.py",
            "src/ferbench/metrics.py",
            "src/ferbench/pair_tables.py",
            "src/ferbench/paper.py",
            "src/ferbench/predictions.py",
            "src/ferbench/references.py",
            "src/ferbench/statistics/__init__.py",
            "src/ferbench/statistics/folds.py",
            "src/ferbench/statistics/pairs.py",
            "src/ferbench/statistics/subjects.py",
            "src/ferbench/study.py",
            "src/ferbench/table_notes.py",
            "src/ferbench/tables.py",
        ],
    output:
        table_csv="results/compare/table.csv",
        table_md="results/compare/table.md",
        pairs_csv="results/compare/pairs.csv",
        pairs_md="results/compare/pairs.md",
        time_csv="results/compare/time.csv",
        errors="results/compare/errors.svg",
        confusion="results/compare/confusion.svg",
        curves="results/compare/curves.svg",
        pairs="results/compare/pairs.svg",
        time="results/compare/time.svg",
        reliability="results/compare/reliability.svg",
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
        k=lookup("split/k", within=config),
    shell:
        "ferbench compare --fits results/train --baseline results/baseline"
        " --table-csv {output.table_csv} --table-md {output.table_md}"
        " --pairs-csv {output.pairs_csv} --pairs-md {output.pairs_md}"
        " --time-csv {output.time_csv}"
        " --errors {output.errors} --confusion {output.confusion} --curves {output.curves}"
        " --pairs {output.pairs} --time {output.time} --reliability {output.reliability}"
        " --metrics {output.metrics}"
        " > {log} 2>&1"
