"""Generated games: rooms, objects, goals."""
