"""Locate, download, verify and store data."""
