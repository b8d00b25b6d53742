"""Supervised fine-tuning: records and a base model become an adapter."""

from callwright_training.sft.settings import SFT

__all__ = ["SFT"]
