"""One training run: command line, settings check, folder, checkpoints, curves."""
