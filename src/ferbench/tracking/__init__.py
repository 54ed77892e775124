"""The mirror of the results in MLflow: what its runs hold, and how a store is made to hold them."""
