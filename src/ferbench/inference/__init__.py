"""A trained model at work: on videos, on streams, and exported."""
