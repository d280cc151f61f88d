"""Any policy on any panel: play, keep every episode, resume, and sum up."""
