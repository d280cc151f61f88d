"""Environments of T2PO Gym, one folder each."""
