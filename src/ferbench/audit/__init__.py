"""The audit of the paper: what its printed numbers can and cannot support."""
