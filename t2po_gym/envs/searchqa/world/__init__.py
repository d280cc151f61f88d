"""The mechanics of a question: episodes, actions, pages, scores."""
