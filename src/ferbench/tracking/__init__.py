"""The mirror of the results in MLflow: what its runs say, and how a store is made to hold them."""
