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
        source=sources("preprocess", format=lookup("dataset/name", within=config)),
    output:
        outputs("preprocess"),
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
        " --to results/preprocess > {log} 2>&1"
