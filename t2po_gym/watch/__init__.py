"""Watching recorded episodes: read what runs left behind, show it in a terminal or as one page."""
