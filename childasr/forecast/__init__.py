"""Hours, memory and disk of a training, foretold from a short measurement."""
