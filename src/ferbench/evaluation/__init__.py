"""Numbers only: metrics, ensembles, and the statistics that compare systems."""
