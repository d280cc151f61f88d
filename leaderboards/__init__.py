"""Tracks, panels and submissions of T2PO Gym, verified by replay."""
