"""Tokenizers and a model that can be fetched without a login, for tests and first tries."""
