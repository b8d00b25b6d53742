"""What may be written at a place in a buffer."""

from callwright_grounding.cursor.position import Position, Wanted
from callwright_grounding.resolution.resolver import Resolver

__all__ = ["Position", "Wanted", "names_at"]


def names_at(resolver: Resolver, source: str, offset: int) -> Wanted:
    """What may be written at a place in a buffer.

    Args:
        resolver: Where names are looked up.
        source: The buffer; it need not parse.
        offset: The place, in code points.
    """
    return Position(resolver, source, offset).wanted()
