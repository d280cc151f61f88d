"""TRL's `GRPOTrainer` with this project's rollouts: every turn a row of its own, GiGPO and T2PO.

* `rollout` - `TurnRollout`, a `rollout_func`: plays episodes with our prompts, TTI and TDS.
* `trainer` - `TurnGRPOTrainer`, which learns from the turns instead of from whole conversations.
* `transcripts` - how episodes travel through a batch of TRL and are found again.

For TRL's own loop over tools see `t2po_gym.adapters.trl`.
"""
