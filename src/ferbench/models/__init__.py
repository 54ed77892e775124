"""Networks and how they are trained: architectures, their inputs, the training, the weights."""
