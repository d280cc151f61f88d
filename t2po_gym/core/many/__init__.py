"""Many episodes: vector environments, groups, traces, and the contract checker."""
