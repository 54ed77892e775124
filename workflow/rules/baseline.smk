rule baseline:
    """Decide one fold without a network.

    Needs landmarks and the fold's parts; makes the decisions about the test part of a logistic
    regression on last frames and of the most frequent class.
    """
    input:
        landmarks=rules.preprocess.output.landmarks,
        summary=rules.preprocess.output.summary,
        fold=rules.split.output.parts,
        source=[
            "src/ferbench/steps/baseline.py",
            "src/ferbench/determinism.py",
            "src/ferbench/models/features.py",
            "src/ferbench/io/files.py",
            "src/ferbench/models/inputs.py",
        ],
    output:
        predictions="results/baseline/fold-{fold}.csv",
    log:
        "logs/baseline/fold-{fold}.log",
    benchmark:
        "logs/baseline/fold-{fold}.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        baseline=lookup("baseline", within=config),
        class_weights=lookup("train/class_weights", within=config),
        features=lookup("train/features", within=config),
        frames=lookup("train/frames", within=config),
        reference=lookup("train/reference", within=config),
        seed=lookup("train/seed", within=config),
    shell:
        "ferbench baseline --landmarks {input.landmarks}"
        " --summary {input.summary} --fold {input.fold} --predictions {output.predictions}"
        " > {log} 2>&1"
