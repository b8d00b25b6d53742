"""Tells calls that load a model for a task from calls that only put an untrained head on a pretrained one.

Documentation is full of the latter (``AutoModelForSequenceClassification.from_pretrained('x-base')``): they
exist and run, but whoever accepts one gets noise for answers.
"""

from __future__ import annotations

import re

from callwright_grounding.catalogue.entry import CatalogueEntry

_HEAD = re.compile(
    r"For(?:\w*SequenceClassification|TokenClassification|QuestionAnswering|AudioClassification|CTC|MultipleChoice)\b"
)
_TUNED = re.compile(
    r"finetuned|fine-tuned|squad|sst|mnli|conll|ner\b|pos\b|wtq|emotion|sentiment|toxic|ctc|asr|960h|100h"
    r"|1500h|-ft\b|superb|docvqa|-qa\b|mms-1b|classif",
    re.IGNORECASE,
)


def has_untrained_head(entry: CatalogueEntry) -> bool:
    """Whether a pretrained model gets a new head, by the class and what the checkpoint's name says."""
    if entry.parsed is None or not _HEAD.search(entry.parsed.callable):
        return False
    labels = any(name in ("num_labels", "problem_type") for name, _ in entry.parsed.keywords)
    return labels or not _TUNED.search(entry.name)
