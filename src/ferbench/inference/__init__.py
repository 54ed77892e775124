"""A trained model in use: on videos, on streams, and exported."""
