rule track:
    """Mirror the finished fits into MLflow.

    Needs the fits, their data, the table and the figures; makes runs in MLflow's store and a receipt
    of them.
    """
    input:
        fits=rules.compare.input.fits,
        metrics=rules.compare.output.metrics,
        table=rules.compare.output.table_md,
        errors=rules.compare.output.errors,
        confusion=rules.compare.output.confusion,
        curves=rules.compare.output.curves,
        pairs=rules.compare.output.pairs,
        time=rules.compare.output.time,
        reliability=rules.compare.output.reliability,
        frames=rules.preprocess.output.frames,
        landmarks=rules.preprocess.output.landmarks,
        parts=expand(rules.split.output.parts, fold=lookup("folds", within=config)),
        source=[
            "src/ferbench/determinism.py",
            "src/ferbench/io/files.py",
            "src/ferbench/results/fits.py",
            "src/ferbench/results/predictions.py",
            "src/ferbench/steps/track.py",
            "src/ferbench/tracking/__init__.py",
            "src/ferbench/tracking/contents.py",
            "src/ferbench/tracking/job.py",
            "src/ferbench/tracking/log.py",
            "src/ferbench/tracking/mirror.py",
            "src/ferbench/tracking/moved.py",
            "src/ferbench/tracking/page.py",
            "src/ferbench/tracking/picture.py",
            "src/ferbench/tracking/store.py",
        ],
    output:
        receipt="results/track/receipt.json",
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
        "ferbench track --fits results/train --metrics {input.metrics} --table {input.table}"
        " --frames {input.frames} --landmarks {input.landmarks} --parts results/split"
        " --errors {input.errors} --confusion {input.confusion} --curves {input.curves}"
        " --pairs {input.pairs} --time {input.time} --reliability {input.reliability}"
        " --receipt {output.receipt}"
        " > {log} 2>&1"
