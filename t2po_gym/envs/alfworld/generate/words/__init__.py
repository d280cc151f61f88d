"""Figures of generated rooms and objects as text files; their readers are a level up."""
