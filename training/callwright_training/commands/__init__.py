"""The subcommands of ``rlaif-train``, one module each, imported when called."""
