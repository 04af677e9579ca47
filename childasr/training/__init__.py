"""Training: batches, the Brain, EMA, early stopping, checkpoints, logs."""
