"""The policy: model, tokenizer, decoding cache, and the copying circuit of small ones."""
