"""Agents for the shop: a scripted expert, and prompts for small policies."""
