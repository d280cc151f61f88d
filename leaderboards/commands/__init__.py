"""Subcommands of `t2po-gym` that belong to the leaderboard."""
