"""What a submission is made of: its manifest, its trajectories, its folder, and their schemas."""
