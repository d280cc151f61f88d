"""Search QA: answer questions by searching a corpus turn by turn."""
