rule preprocess:
    """Align every face and cut its crop.

    Needs a release of `dataset.name` at `dataset.path`; makes one array of crops, one of landmarks,
    the table of sequences and the summary of the data.
    """
    input:
        release=branch(
            lookup("dataset/path", within=config),
            cases={"results/synthesize": rules.synthesize.output},
            otherwise=[
                file
                for file in sorted(
                    map(str, Path(config["dataset"]["path"]).glob("[!.]*"))
                )
                if not set("{}") & set(file)
            ],
        ),
        source=[
            "src/ferbench/faces/alignment.py",
            "src/ferbench/io/archives.py",
            "src/ferbench/io/errors.py",
            "src/ferbench/assets/face_detection_short_range.tflite",
            "src/ferbench/assets/face_landmark.tflite",
            "src/ferbench/data/formats/__init__.py",
            expand(
                "src/ferbench/data/formats/{name}.py",
                name=lookup("dataset/name", within=config),
            ),
            "src/ferbench/determinism.py",
            "src/ferbench/faces/follower.py",
            "src/ferbench/io/files.py",
            "src/ferbench/data/video.py",
            "src/ferbench/faces/mesh.py",
            "src/ferbench/steps/preprocess.py",
            "src/ferbench/faces/sequence.py",
        ],
    output:
        frames="results/preprocess/frames.npy",
        landmarks="results/preprocess/landmarks.npy",
        sequences="results/preprocess/sequences.csv",
        summary="results/preprocess/summary.json",
    log:
        "logs/preprocess.log",
    benchmark:
        "logs/preprocess.tsv"
    conda:
        "../envs/ferbench.yaml"
    threads: 2
    params:
        dataset=lookup("dataset", within=config),
        preprocess=lookup("preprocess", within=config),
    shell:
        "ferbench preprocess --workers {threads} --release '{params.dataset[path]}'"
        " --frames {output.frames} --landmarks {output.landmarks}"
        " --sequences {output.sequences} --summary {output.summary}"
        " > {log} 2>&1"
