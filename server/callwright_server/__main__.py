"""``python -m callwright_server`` is ``callwright``, for whoever has the interpreter but not the script."""

from callwright_server.cli import main

main()
