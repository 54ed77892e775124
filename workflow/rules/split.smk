rule split:
    """Divide the subjects of one fold.

    Needs the table of sequences; makes the fold's train, validation and test parts.
    """
    input:
        data=rules.preprocess.output,
        source=sources("split"),
    output:
        outputs("split"),
    log:
        "logs/split/fold-{fold}.log",
    benchmark:
        "logs/split/fold-{fold}.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        split=lookup("split", within=config),
    shell:
        "ferbench split --fold {wildcards.fold} --data results/preprocess --to results/split"
        " > {log} 2>&1"
