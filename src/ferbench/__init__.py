"""A reproducible benchmark of sequence classifiers for facial expression."""
