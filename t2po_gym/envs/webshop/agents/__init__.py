"""Agents for the shop: a scripted expert, and the prompts of small policies."""
