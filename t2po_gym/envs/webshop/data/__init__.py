"""Products and goals: the original files, and the compiled catalogue."""
