"""Errors about data."""

from __future__ import annotations


class DataFileError(ValueError):
    """A file is missing, damaged or of an unknown layout; the message says what to do."""
