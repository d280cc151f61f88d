"""From the folders of `t2po-gym eval` to a submission."""
