"""Games as data: reading game files, and the compiled store."""
