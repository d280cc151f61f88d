"""Parse actions such as ``search[red shoes]`` (docs/originals/webshop.md, section 5)."""

NOTICES = {
    "search": "The search is empty; write search[words], for example search[red running shoes].",
    "click": "No button is named; write click[button], for example click[back to search].",
}
"""What an agent is told if its argument is empty (rules ``fixed``)."""


def parse_action(action: str, first_bracket: bool = False) -> tuple[str, str | None]:
    """Split an action such as ``click[mint]`` into its name and argument.

    Both have at least one character and no line feed; text after the last ``]`` of the first line
    is ignored. Without such a bracket pair the whole text is the name and the argument is None.
    The time is linear in the length of the action.

    Args:
        action: the action.
        first_bracket: False for the original's parsing, where the argument starts at the last
            possible ``[``; True to start it at the first one.

    Example:
        >>> parse_action("click[mint] please"), parse_action("search[a][b]")
        (('click', 'mint'), ('search[a]', 'b'))
        >>> parse_action("click[[new] sand]", first_bracket=True)
        ('click', '[new] sand')
    """
    line_end = action.find("\n")
    line = action if line_end < 0 else action[:line_end]
    closing = line.rfind("]")
    # At least one character before the opening bracket, and one between the brackets.
    if first_bracket:
        opening = line.find("[", 1, max(closing - 1, 0))
    else:
        opening = line.rfind("[", 1, max(closing - 1, 0))
    if opening < 0:
        return action, None
    return line[:opening], line[opening + 1 : closing]
