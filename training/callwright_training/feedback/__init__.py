"""Feedback: samples from the tuned model, judged and labelled."""

from callwright_training.feedback.settings import FeedbackSettings, JudgeSettings

__all__ = ["FeedbackSettings", "JudgeSettings"]
