"""Domains and providers spelt in several ways, and the spelling kept: APIBench's most frequent."""

from __future__ import annotations

_DOMAINS = {
    "audio classification": "Audio Audio Classification",
    "multimodal document question answering": "Multimodal Document Question Answer",
    "multimodal zero-shot image classification": "Computer Vision Zero-Shot Image Classification",
    "text-to-speech": "Text-to-Speech",
}
_PROVIDERS = {
    "hugging face": "Hugging Face Transformers",
    "hugging face transformers": "Hugging Face Transformers",
    "huggingface transformers": "Hugging Face Transformers",
    "pytorch transformers": "Hugging Face Transformers",
    "transformers": "Hugging Face Transformers",
    "scikit-learn": "Scikit-learn",
    "speechbrain": "SpeechBrain",
    "tensorflow hub": "TensorFlow Hub",
    "unity ml-agents": "ML-Agents",
    "unity ml-agents library": "ML-Agents",
}


def merged_domain(domain: str) -> str:
    """The domain in the spelling that is kept: APIBench's 40 Hugging Face spellings become 37 domains."""
    return _merged(domain, _DOMAINS)


def merged_provider(provider: str) -> str:
    """The provider in the spelling that is kept."""
    return _merged(provider, _PROVIDERS)


def _merged(text: str, table: dict[str, str]) -> str:
    plain = " ".join(text.split())
    return table.get(plain.casefold(), plain)
