"""What became of each suggestion: kept in a file on this machine, never sent anywhere.

Knows no editor: it is told what was offered and how the text changed after that, and draws its conclusions.
"""

from callwright_server.outcomes.store import Outcome, OutcomeStore, outcomes_path
from callwright_server.outcomes.tracker import Offer, Tracker

__all__ = ["Offer", "Outcome", "OutcomeStore", "Tracker", "outcomes_path"]
