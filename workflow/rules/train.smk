rule train:
    """Fit one architecture on one fold, once with each seed.

    Needs crops, landmarks and the fold's parts; makes weights, their card, the history of the
    epochs, the predictions for the validation and test parts and those for the beginnings of test
    sequences.
    """
    input:
        data=rules.preprocess.output,
        split=rules.split.output,
        source=lookup("{architecture}/sources", within=ARCHITECTURES),
    output:
        outputs("train"),
    log:
        "logs/train/{architecture}/fold-{fold}.log",
    benchmark:
        "logs/train/{architecture}/fold-{fold}.tsv"
    conda:
        "../envs/ferbench.yaml"
    threads: lookup("train/threads", within=config)
    params:
        architecture=lookup("{architecture}/numbers", within=ARCHITECTURES),
        input=lookup("{architecture}/input", within=ARCHITECTURES),
        train=lookup("train", within=config),
        seed=lookup("split/seed", within=config),
    shell:
        "ferbench train --architecture {wildcards.architecture} --fold {wildcards.fold}"
        " --data results/preprocess --split results/split"
        " --to results/train/{wildcards.architecture}/fold-{wildcards.fold} > {log} 2>&1"
