"""Search-R1's and T2PO's dialects and wrappers, reproduced."""
