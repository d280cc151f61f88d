"""`t2po-gym play`: an environment in the terminal, with pages laid out, completion and undo."""
