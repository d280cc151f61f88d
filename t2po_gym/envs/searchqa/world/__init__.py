"""How a question plays: episodes, actions, pages, scores."""
