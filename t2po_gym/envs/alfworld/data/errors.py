"""Errors for game files and game collections that cannot be used."""

__all__ = ["NOT_PLAYED", "GameDataError", "GameFileError"]

NOT_PLAYED = "neither backend plays such a game"
"""What errors say of games that are whole, but not ALFWorld's: both backends read them first."""


class GameFileError(ValueError):
    """A game file is malformed or outside what the native engine knows; one sentence says how."""


class GameDataError(ValueError):
    """A collection of games is missing, incomplete or cannot be read; one sentence says what."""
