"""Agents for Search QA: a scripted searcher, and prompts for small policies."""
