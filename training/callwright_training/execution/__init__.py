"""Running generated code safely, offline and often, and saying whether it ran.

:mod:`.runner` is the way in; :mod:`.sandbox` contains one warm parent; :mod:`.environment` prepares the
library versions that code runs with; ``inside`` holds what runs in the sandbox. This file imports nothing,
because the environment inside the sandbox may come by here and has none of our dependencies.
"""
