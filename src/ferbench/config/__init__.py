"""params.yaml: what may stand in it, and how it is read; errors name file, line and key."""
