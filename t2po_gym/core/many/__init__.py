"""Many episodes: vector environments, groups, traces, and the checker of the contract."""
