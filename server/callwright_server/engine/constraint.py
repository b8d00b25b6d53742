"""What a caller may forbid while the engine decodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Constraint(Protocol):
    """Says, token by token, what may come next."""

    def allowed(self, generated: Sequence[int]) -> Sequence[int] | None:
        """The token ids that may follow.

        Asked once per token, with the lock held: be quick. Where a single id may follow it is taken without
        asking the model.

        Args:
            generated: Ids generated so far; the prompt is not among them.

        Returns:
            ``None`` where everything may follow; an empty sequence where the text is complete. The
            tokenizer's end-of-text id may be among the ids: if the model chooses it, the text ends.
        """
        ...
