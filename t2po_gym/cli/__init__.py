"""The ``t2po-gym`` command, one module per subcommand."""
