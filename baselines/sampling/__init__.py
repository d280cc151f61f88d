"""From prompts to replies: the generator protocol, the Hugging Face decoder, prompts as tokens."""
