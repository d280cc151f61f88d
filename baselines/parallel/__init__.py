"""Training over many processes: who they are, weights cut among them, shared checkpoints."""
