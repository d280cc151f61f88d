"""Whether a submission is what it says: files, format, panel, replay, numbers, copies."""
