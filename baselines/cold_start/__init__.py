"""First policies: scripted experts, copy practice, fine-tuning on their episodes."""
