"""A vLLM engine as generator, in a process of its own (extra `vllm`); docs/scale.md.

`VLLMGenerator` is the trainer's side, `host` the engine's process, `processor` and `worker` what
vLLM loads into it. vLLM itself is imported in that process alone.
"""
