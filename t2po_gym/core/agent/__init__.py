"""Agent side: pages to prompts, and replies to actions. No environment imports it."""
