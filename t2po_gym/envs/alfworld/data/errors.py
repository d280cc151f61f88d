"""Errors for game files and game collections that cannot be used."""

__all__ = ["NOT_PLAYED", "GameDataError", "GameFileError"]

NOT_PLAYED = "neither backend plays such a game"
"""Error text for valid games that are not ALFWorld's: both backends read games first."""


class GameFileError(ValueError):
    """A game file is malformed or not supported by the native engine; one sentence says how."""


class GameDataError(ValueError):
    """A collection of games is missing, incomplete or cannot be read; one sentence says what."""
