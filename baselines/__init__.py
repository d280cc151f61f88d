"""The algorithms: T2PO, GiGPO, GRPO and PPO for language agents over many turns."""
