"""How a household game plays: commands, answers, plans, progress."""
