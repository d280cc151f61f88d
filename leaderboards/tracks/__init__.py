"""What may be played for a number on the board: tracks and their panels."""
