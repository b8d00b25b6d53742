"""Base models: the default one, tiny random ones for tests, and anything in a folder or on the hub."""

from callwright_training.bases.base import Base
from callwright_training.bases.load import KNOWN_BASES, load_base

__all__ = ["KNOWN_BASES", "Base", "load_base"]
