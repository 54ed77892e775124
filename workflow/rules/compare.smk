rule compare:
    """Make the comparison table and its figures.

    Needs every fit of params.yaml's architectures and folds, and the decisions of the baselines;
    makes the tables, the figures and the numbers behind them.
    """
    input:
        fits=expand(
            rules.train.output,
            architecture=ARCHITECTURES,
            fold=lookup("folds", within=config),
        ),
        baseline=expand(rules.baseline.output, fold=lookup("folds", within=config)),
        source=sources("compare"),
    output:
        report(
            outputs("compare", TABLES),
            caption="../report/table.rst",
            category="Tables",
        ),
        report(
            outputs("compare", FIGURES),
            caption="../report/figure.rst",
            category="Figures",
        ),
        outputs("compare", NUMBERS),
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
        "ferbench compare --fits results/train --baseline results/baseline --to results/compare"
        " > {log} 2>&1"
