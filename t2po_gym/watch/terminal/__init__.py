"""Episodes in a terminal: as text to print, or stepped through with keys."""
