"""The judges that come with Callwright, registered in ``builtin.py`` by the strangers' hooks."""
