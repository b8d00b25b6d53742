"""The choice of API calls: a retriever makes the shortlist, the language model judges it."""

from callwright_server.choice.chooser import CallChooser, PairScores, ScoredEntry
from callwright_server.choice.documents import Document, documents_of, scored_pair
from callwright_server.choice.fusion import ChoiceSettings
from callwright_server.choice.retriever import Encode, Retriever

__all__ = [
    "CallChooser",
    "ChoiceSettings",
    "Document",
    "Encode",
    "PairScores",
    "Retriever",
    "ScoredEntry",
    "documents_of",
    "scored_pair",
]
