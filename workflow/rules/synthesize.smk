rule synthesize:
    """Write the synthetic Cohn-Kanade.

    Needs nothing but params.yaml and the head in the package; makes the release's four archives.
    """
    input:
        source=[
            "src/ferbench/assets/head.npz",
            "src/ferbench/determinism.py",
            "src/ferbench/io/files.py",
            "src/ferbench/steps/synthesize.py",
            "src/ferbench/synthetic/expressions.py",
            "src/ferbench/synthetic/head.py",
            "src/ferbench/synthetic/look.py",
            "src/ferbench/synthetic/order.py",
            "src/ferbench/synthetic/render.py",
            "src/ferbench/synthetic/sequence.py",
            "src/ferbench/synthetic/texture.py",
        ],
    output:
        images="results/synthesize/extended-cohn-kanade-images.zip",
        emotion_labels="results/synthesize/Emotion_labels.zip",
        facs_labels="results/synthesize/FACS_labels.zip",
        landmarks="results/synthesize/Landmarks.zip",
    log:
        "logs/synthesize.log",
    benchmark:
        "logs/synthesize.tsv"
    conda:
        "../envs/ferbench.yaml"
    threads: 2
    params:
        synthesize=lookup("synthesize", within=config),
    shell:
        "ferbench synthesize --workers {threads}"
        " --images {output.images} --emotion-labels {output.emotion_labels}"
        " --facs-labels {output.facs_labels} --landmarks {output.landmarks}"
        " > {log} 2>&1"
