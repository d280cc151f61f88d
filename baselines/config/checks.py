"""The one check that settings share."""

__all__ = ["require"]


def require(ok: bool, sentence: str) -> None:
    """Refuse settings that contradict each other.

    Raises:
        ValueError: with the sentence, where the condition does not hold.
    """
    if not ok:
        raise ValueError(sentence)
