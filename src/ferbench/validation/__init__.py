"""Does the benchmark measure what it says? Controls, simulated studies, looks through data."""
