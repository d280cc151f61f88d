"""Adapters: the environments inside other frameworks. One module or folder each."""
