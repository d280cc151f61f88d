"""verl: an agent loop that plays turn by turn, and the advantages that go with it.

* `loop` - `TurnAgentLoop`: each turn a row with its own prompt, TTI and TDS on the way.
* `meeting` - where the episodes of a group wait for each other and are compared (GiGPO, T2PO).
* `estimators` - `gigpo` and `t2po` for `algorithm.adv_estimator`.
* `replies`, `records`, `processor` - a server that writes as this project's own engine does.
* `recipe/` - Qwen3-4B on WebShop, eight GPUs.

verl is imported by `loop`, `rows` and `estimators`, vLLM by `processor` alone.
"""
