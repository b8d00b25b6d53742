"""What tells apart two repositories of one architecture: labels, head, task, other libraries' files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

# Domain ends with: pipeline task, labels, Auto mapping whose class is the repository's architecture.
_DOMAINS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("Zero-Shot Image Classification", "zero-shot-image-classification", (), ""),
    ("Zero-Shot Object Detection", "zero-shot-object-detection", (), ""),
    (
        "Zero-Shot Classification",
        "zero-shot-classification",
        ("contradiction", "neutral", "entailment"),
        "SEQUENCE_CLASSIFICATION",
    ),
    ("Table Question Answering", "table-question-answering", (), ""),
    (
        "Document Question Answer",
        "document-question-answering",
        ("LABEL_0", "LABEL_1"),
        "DOCUMENT_QUESTION_ANSWERING",
    ),
    (
        "Document Question Answering",
        "document-question-answering",
        ("LABEL_0", "LABEL_1"),
        "DOCUMENT_QUESTION_ANSWERING",
    ),
    ("Visual Question Answering", "visual-question-answering", (), ""),
    ("Question Answering", "question-answering", ("LABEL_0", "LABEL_1"), "QUESTION_ANSWERING"),
    ("Text Classification", "text-classification", ("NEGATIVE", "POSITIVE"), "SEQUENCE_CLASSIFICATION"),
    (
        "Token Classification",
        "token-classification",
        ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"),
        "TOKEN_CLASSIFICATION",
    ),
    ("Fill-Mask", "fill-mask", (), "MASKED_LM"),
    ("Translation", "translation", (), ""),
    ("Summarization", "summarization", (), ""),
    ("Conversational", "conversational", (), ""),
    ("Text2Text Generation", "text2text-generation", (), ""),
    ("Text Generation", "text-generation", (), "CAUSAL_LM"),
    ("Feature Extraction", "feature-extraction", (), ""),
    ("Sentence Similarity", "sentence-similarity", (), ""),
    ("Depth Estimation", "depth-estimation", (), ""),
    (
        "Image Classification",
        "image-classification",
        ("cat", "dog", "car", "person", "other"),
        "IMAGE_CLASSIFICATION",
    ),
    ("Object Detection", "object-detection", ("cat", "dog", "car", "person", "other"), ""),
    ("Image Segmentation", "image-segmentation", ("cat", "dog", "car", "person", "other"), ""),
    (
        "Video Classification",
        "video-classification",
        ("cat", "dog", "car", "person", "other"),
        "VIDEO_CLASSIFICATION",
    ),
    (
        "Audio Classification",
        "audio-classification",
        ("cat", "dog", "car", "person", "other"),
        "AUDIO_CLASSIFICATION",
    ),
    ("Automatic Speech Recognition", "automatic-speech-recognition", (), ""),
    ("Text-to-Speech", "text-to-speech", (), ""),
    ("Image-to-Text", "image-to-text", (), ""),
    ("Text-to-Image", "text-to-image", (), ""),
)
_NAMED = {
    "nlptown/bert-base-multilingual-uncased-sentiment": (
        "1 star",
        "2 stars",
        "3 stars",
        "4 stars",
        "5 stars",
    ),
    "cardiffnlp/twitter-roberta-base-sentiment": ("LABEL_0", "LABEL_1", "LABEL_2"),
    "cardiffnlp/twitter-xlm-roberta-base-sentiment": ("negative", "neutral", "positive"),
    "finiteautomata/bertweet-base-sentiment-analysis": ("NEG", "NEU", "POS"),
    "j-hartmann/emotion-english-distilroberta-base": (
        *("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"),
    ),
    "prosusai/finbert": ("positive", "negative", "neutral"),
}
_OWN_LABELS = frozenset({"oneformer", "mask2former", "maskformer", "layoutlm"})
SENTENCE_FILES = {
    "modules.json": json.dumps(
        [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ]
    ),
    "1_Pooling/config.json": json.dumps({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}),
    "sentence_bert_config.json": json.dumps({"max_seq_length": 128, "do_lower_case": False}),
    "config_sentence_transformers.json": json.dumps(
        {"__version__": {"sentence_transformers": "2.2.2", "transformers": "4.30.2", "pytorch": "2.0.0"}}
    ),
}
TABULAR_FILES = {
    "config.json": json.dumps({"features": ["a", "b", "c"], "columns": ["a", "b", "c"], "target": "target"}),
    "data.csv": "a,b,c,target\n" + "".join(f"{i},{i * 2},{i % 3},{i % 2}\n" for i in range(20)),
    "winequality-red.csv": "a;b;c;quality\n" + "".join(f"{i};{i * 2};{i % 3};{i % 2}\n" for i in range(20)),
}


def task_of(domain: str) -> str:
    """The pipeline task that models of this domain are tagged with, ``""`` where there is none."""
    row = _row(domain)
    return row[1] if row else ""


def domain_of(name: str) -> str:
    """The domain that a well-known repository's name speaks of."""
    words = {
        "mnli": "Zero-Shot Classification",
        "sst-2": "Text Classification",
        "conll03": "Token Classification",
        "squad": "Question Answering",
        "vqa": "Visual Question Answering",
        "document-qa": "Document Question Answering",
        "superb-ks": "Audio Classification",
        "kinetics": "Video Classification",
        "patch16-224": "Image Classification",
        "detr": "Object Detection",
    }
    return next((domain for word, domain in words.items() if word in name), "")


def config_files(model: Path, name: str, domain: str, text: str) -> dict[str, str]:
    """A repository's own ``config.json``: labels and head by its domain."""
    config: dict[str, Any] = json.loads((model / "config.json").read_text(encoding="utf-8"))
    row = _row(domain)
    if row is None:
        return {}
    model_type = config["model_type"]
    _, _, names, mapping = row
    names = _NAMED.get(name.lower(), names)
    if names and model_type not in _OWN_LABELS:
        config["id2label"] = {str(number): label for number, label in enumerate(names)}
        config["label2id"] = {label: number for number, label in enumerate(names)}
    head = _class_for(mapping, model_type)
    named = re.findall(r"\b([A-Z]\w+For[A-Z]\w+)\.from_pretrained", text)
    if head and not named:
        config["architectures"] = [head]
    elif named and not named[0].startswith(("Auto", "TF", "Flax")):
        config["architectures"] = [named[0]]
    return {"config.json": json.dumps(config)}


def _class_for(mapping: str, model_type: str) -> str:
    from transformers.models.auto import modeling_auto

    names = getattr(modeling_auto, f"MODEL_FOR_{mapping}_MAPPING_NAMES", {}) if mapping else {}
    found = names.get(model_type, "")
    return str(found[0] if isinstance(found, tuple | list) else found)


def _row(domain: str) -> tuple[str, str, tuple[str, ...], str] | None:
    return next((row for row in _DOMAINS if domain.strip().endswith(row[0])), None)


def pickles_in(text: str) -> list[str]:
    """Names of pickled models that a script asks for."""
    return re.findall(r"['\"]([\w\-]+\.(?:joblib|pkl|pickle|skops))['\"]", text)


def write_tabular_model(path: Path) -> None:
    """A model that takes three columns of anything and predicts."""
    import joblib
    import pandas
    from sklearn.tree import DecisionTreeClassifier

    table = pandas.DataFrame({"a": [0, 1, 2, 3], "b": [0, 2, 4, 6], "c": [0, 1, 2, 0]})
    joblib.dump(DecisionTreeClassifier(random_state=0).fit(table, [0, 1, 0, 1]), path)
