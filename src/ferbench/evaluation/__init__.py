"""Numbers only: metrics, ensembles, references, and the statistics that compare systems."""
