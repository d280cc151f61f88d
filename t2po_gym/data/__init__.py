"""Where data lives, how it is fetched, verified and stored."""
