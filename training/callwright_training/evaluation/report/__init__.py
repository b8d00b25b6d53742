"""The comparison as one HTML file: sort, filter and read every answer. It loads nothing from anywhere."""

from callwright_training.evaluation.report.page import write_report

__all__ = ["write_report"]
