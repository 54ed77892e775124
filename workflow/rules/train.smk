rule train:
    """Fit one architecture on one fold.

    Needs crops, landmarks and the fold's parts; makes weights, their card, the history of the
    epochs, the predictions for the validation and test parts and those for the beginnings of test
    sequences.
    """
    input:
        frames=rules.preprocess.output.frames,
        landmarks=rules.preprocess.output.landmarks,
        summary=rules.preprocess.output.summary,
        fold=rules.split.output.parts,
        source=[
            "src/ferbench/models/architectures/__init__.py",
            "src/ferbench/models/architectures/{architecture}.py",
            "src/ferbench/models/classifier.py",
            "src/ferbench/determinism.py",
            "src/ferbench/models/features.py",
            "src/ferbench/io/files.py",
            "src/ferbench/models/training.py",
            "src/ferbench/models/inputs.py",
            "src/ferbench/models/predictor.py",
            "src/ferbench/steps/train.py",
        ],
    output:
        history="results/train/{architecture}/fold-{fold}/history.csv",
        frame_predictions="results/train/{architecture}/fold-{fold}/frame_predictions.csv",
        sequence_predictions="results/train/{architecture}/fold-{fold}/sequence_predictions.csv",
        truncated_predictions="results/train/{architecture}/fold-{fold}/truncated_predictions.csv",
        weights="results/train/{architecture}/fold-{fold}/weights.safetensors",
        card="results/train/{architecture}/fold-{fold}/card.json",
    log:
        "logs/train/{architecture}/fold-{fold}.log",
    benchmark:
        "logs/train/{architecture}/fold-{fold}.tsv"
    conda:
        "../envs/ferbench.yaml"
    threads: lookup("train/threads", within=config)
    params:
        architecture=lookup("architectures/{architecture}", within=config),
        train=lookup("train", within=config),
    shell:
        "ferbench train --architecture {wildcards.architecture}"
        " --frames {input.frames} --landmarks {input.landmarks}"
        " --summary {input.summary} --fold {input.fold}"
        " --history {output.history} --frame-predictions {output.frame_predictions}"
        " --sequence-predictions {output.sequence_predictions}"
        " --truncated-predictions {output.truncated_predictions}"
        " --weights {output.weights} --card {output.card}"
        " > {log} 2>&1"
