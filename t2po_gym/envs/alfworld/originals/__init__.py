"""The wrappers of the original programs, and TextWorld itself as a backend."""
