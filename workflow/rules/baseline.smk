rule baseline:
    """Decide one fold without a network.

    Needs landmarks and the fold's parts; makes the decisions about the test part of a logistic
    regression on last frames and of the most frequent class.
    """
    input:
        data=rules.preprocess.output,
        split=rules.split.output,
        source=sources("baseline"),
    output:
        outputs("baseline"),
    log:
        "logs/baseline/fold-{fold}.log",
    benchmark:
        "logs/baseline/fold-{fold}.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        baseline=lookup("baseline", within=config),
        variant=lookup("inputs/features/variant", within=config),
        class_weights=lookup("train/class_weights", within=config),
        frames=lookup("train/frames", within=config),
        reference=lookup("train/reference", within=config),
        seed=lookup("split/seed", within=config),
    shell:
        "ferbench baseline --fold {wildcards.fold} --data results/preprocess"
        " --split results/split --to results/baseline > {log} 2>&1"
