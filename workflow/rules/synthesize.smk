rule synthesize:
    """Write the synthetic Cohn-Kanade.

    Needs nothing but params.yaml and the head in the package; makes the release's four archives.
    """
    input:
        source=sources("synthesize"),
    output:
        outputs("synthesize"),
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
        "ferbench synthesize --workers {threads} --to results/synthesize > {log} 2>&1"
