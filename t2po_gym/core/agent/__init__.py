"""The agent's side: from pages to prompts, from replies to actions. No environment imports it."""
