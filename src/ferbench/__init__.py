"""A reproducible benchmark of sequence classifiers for facial expression."""

from ferbench import determinism as determinism  # first: it must stand before numpy, cv2 and torch
