"""Retrieval engines shared by the environments."""
