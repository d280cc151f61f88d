"""The mechanics of a household game: commands, answers, plans, progress."""
