"""What runs inside the sandbox, by the environment's own Python: the standard library, whatever its version.

Nothing here imports the rest of Callwright, because the environment that generated code runs in does not
have it. The folder is mounted under a path of the same package name, so that imports read alike on both
sides.
"""
