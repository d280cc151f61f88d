"""Errors about data."""

from __future__ import annotations


class DataFileError(ValueError):
    """A file is missing, damaged or not of a known layout; the message says what to do."""
