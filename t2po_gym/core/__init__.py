"""The contract every environment keeps, and the agent-side helpers that go with it."""
