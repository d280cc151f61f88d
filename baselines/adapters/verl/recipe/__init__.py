"""Qwen3-4B on eight GPUs: `prepare` writes what verl reads, `run.sh` starts verl with it."""
