"""``t2po-gym data``: one module per environment."""
