rule report:
    """Write the sections of the report.

    Needs what every other step but track made, the controls' tables and the sources, for their
    checksums; makes the sections as pieces of HTML, which workflow/report/report.rst arranges.
    """
    input:
        fits=rules.compare.input.fits,
        compare=rules.compare.output,
        data=rules.preprocess.output,
        split=rules.track.input.split,
        settings="params.yaml",
        controls=sorted(
            [
                *map(str, Path().glob("controls/*")),
                *map(str, Path().glob("results/controls/[!.]*")),
            ]
        ),
        source=sorted(
            str(file)
            for file in Path("src/ferbench").rglob("*.*")
            if "__pycache__" not in file.parts
        ),
    output:
        outputs("report"),
    log:
        "logs/report.log",
    benchmark:
        "logs/report.tsv"
    conda:
        "../envs/ferbench.yaml"
    params:
        architectures=lookup("architectures", within=config),
        folds=lookup("folds", within=config),
    shell:
        "ferbench report --data results/preprocess --split results/split --fits results/train"
        " --compare results/compare --controls results/controls --changes controls"
        " --code src/ferbench --to results/report > {log} 2>&1"
