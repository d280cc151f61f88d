"""Agents for household tasks: a scripted explorer, and the prompts of small policies."""
