"""Are the results what params.yaml and the sources give? And how two engines share one folder."""
