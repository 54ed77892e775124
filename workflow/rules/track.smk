rule track:
    """Mirror the finished fits into MLflow.

    Needs the fits, their data, the tables and the figures; makes runs in MLflow's store and a receipt
    of them.
    """
    input:
        fits=rules.compare.input.fits,
        compare=rules.compare.output,
        data=rules.preprocess.output,
        split=expand(rules.split.output, fold=lookup("folds", within=config)),
        source=sources("track"),
    output:
        outputs("track"),
    log:
        "logs/track.log",
    benchmark:
        "logs/track.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        architectures=lookup("architectures", within=config),
        folds=lookup("folds", within=config),
        track=lookup("track", within=config),
    shell:
        "ferbench track --data results/preprocess --split results/split --fits results/train"
        " --compare results/compare --to results/track > {log} 2>&1"
