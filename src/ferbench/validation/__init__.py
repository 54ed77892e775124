"""Does the benchmark measure what it says? Controls, simulated studies, a check of the data."""
