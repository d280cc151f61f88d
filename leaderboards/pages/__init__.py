"""The pages of the leaderboard: files that need no server."""
