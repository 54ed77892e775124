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
            "src/ferbench/steps/compare.py",
            "src/ferbench/determinism.py",
            "src/ferbench/reporting/drawing.py",
            "src/ferbench/evaluation/ensemble.py",
            "src/ferbench/reporting/figures.py",
            "src/ferbench/reporting/figures_of_sureness.py",
            "src/ferbench/io/files.py",
            "src/ferbench/results/fits.py",
            "src/ferbench/markup/latex.py",
            "src/ferbench/markup/markdown.py",
            "src/ferbench/evaluation/metrics.py",
            "src/ferbench/reporting/pair_tables.py",
            "src/ferbench/paper/statements.py",
            "src/ferbench/reporting/plot_tables.py",
            "src/ferbench/results/predictions.py",
            "src/ferbench/evaluation/references.py",
            "src/ferbench/evaluation/statistics/__init__.py",
            "src/ferbench/evaluation/statistics/folds.py",
            "src/ferbench/evaluation/statistics/pairs.py",
            "src/ferbench/evaluation/statistics/subjects.py",
            "src/ferbench/evaluation/study.py",
            "src/ferbench/reporting/table_notes.py",
            "src/ferbench/reporting/tables.py",
        ],
    output:
        table_csv=report(
            "results/compare/table.csv",
            caption="../report/table.rst",
            category="Tables",
        ),
        table_md=report(
            "results/compare/table.md",
            caption="../report/table.rst",
            category="Tables",
        ),
        table_tex=report(
            "results/compare/table.tex",
            caption="../report/table.rst",
            category="Tables",
        ),
        pairs_csv=report(
            "results/compare/pairs.csv",
            caption="../report/pairs_table.rst",
            category="Tables",
        ),
        pairs_md=report(
            "results/compare/pairs.md",
            caption="../report/pairs_table.rst",
            category="Tables",
        ),
        time_csv=report(
            "results/compare/time.csv",
            caption="../report/time_table.rst",
            category="Tables",
        ),
        confusion_csv="results/compare/confusion.csv",
        curves_csv="results/compare/curves.csv",
        error_rates="results/compare/error_rates.json",
        errors=report(
            "results/compare/errors.svg",
            caption="../report/errors.rst",
            category="Figures",
        ),
        confusion=report(
            "results/compare/confusion.svg",
            caption="../report/confusion.rst",
            category="Figures",
        ),
        curves=report(
            "results/compare/curves.svg",
            caption="../report/curves.rst",
            category="Figures",
        ),
        pairs=report(
            "results/compare/pairs.svg",
            caption="../report/pairs.rst",
            category="Figures",
        ),
        time=report(
            "results/compare/time.svg",
            caption="../report/time.rst",
            category="Figures",
        ),
        reliability=report(
            "results/compare/reliability.svg",
            caption="../report/reliability.rst",
            category="Figures",
        ),
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
        " --table-tex {output.table_tex}"
        " --pairs-csv {output.pairs_csv} --pairs-md {output.pairs_md}"
        " --time-csv {output.time_csv} --confusion-csv {output.confusion_csv}"
        " --curves-csv {output.curves_csv} --error-rates {output.error_rates}"
        " --errors {output.errors} --confusion {output.confusion} --curves {output.curves}"
        " --pairs {output.pairs} --time {output.time} --reliability {output.reliability}"
        " --metrics {output.metrics}"
        " > {log} 2>&1"
