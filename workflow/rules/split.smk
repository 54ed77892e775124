rule split:
    """Divide the subjects of one fold.

    Needs the table of sequences; makes the fold's train, validation and test parts.
    """
    input:
        sequences=rules.preprocess.output.sequences,
        summary=rules.preprocess.output.summary,
        source=[
            "src/ferbench/determinism.py",
            "src/ferbench/io/files.py",
            "src/ferbench/steps/split.py",
        ],
    output:
        parts="results/split/fold-{fold}.json",
    log:
        "logs/split/fold-{fold}.log",
    benchmark:
        "logs/split/fold-{fold}.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        split=lookup("split", within=config),
    shell:
        "ferbench split --fold {wildcards.fold}"
        " --sequences {input.sequences} --summary {input.summary} --parts {output.parts}"
        " > {log} 2>&1"
