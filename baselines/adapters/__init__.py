"""Rollouts and advantages of this project inside other trainers. One folder each."""
