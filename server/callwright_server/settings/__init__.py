"""What a user may set, how it is read, and how it is described."""

from callwright_server.settings.reading import Complaint, read_settings
from callwright_server.settings.schema import Grounding, Inline, Menu, Pace, Settings

__all__ = ["Complaint", "Grounding", "Inline", "Menu", "Pace", "Settings", "read_settings"]
