"""What exists: the catalogue of API calls and the index of what is installed for the user's interpreter.

Knows no model and no editor, runs no user code, and imports neither torch nor LSP.
"""
