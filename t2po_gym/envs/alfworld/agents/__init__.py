"""Agents for household tasks: a scripted explorer, and prompts for small policies."""
