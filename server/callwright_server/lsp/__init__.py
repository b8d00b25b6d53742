"""The Language Server Protocol: handlers translate, :mod:`callwright_server.suggest` decides."""
