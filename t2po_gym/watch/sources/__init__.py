"""Reading what runs leave behind: trace files, training runs, evaluations, submissions."""
