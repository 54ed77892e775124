"""Sequences as they lie on disk: data sets, one format a file, and videos."""
