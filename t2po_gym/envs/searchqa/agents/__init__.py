"""Agents for Search QA: a scripted searcher, and the prompts of small policies."""
