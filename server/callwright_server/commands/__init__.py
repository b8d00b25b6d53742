"""The subcommands of ``callwright``, one module each, imported when called."""
