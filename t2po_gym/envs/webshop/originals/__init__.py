"""The wrappers of the original programs, reproduced."""
