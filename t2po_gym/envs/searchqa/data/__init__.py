"""Passages and questions: data files, and the compiled world."""
