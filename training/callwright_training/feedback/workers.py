"""The same work in this process, in several, or on the machines of a Ray cluster.

Work is opened once where it is done (it loads a model) and then called with one item after another. Results
come in any order and must say themselves what they are results of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from callwright_training.errors import StageError

Item = TypeVar("Item")
Result = TypeVar("Result")
ItemIn = TypeVar("ItemIn", contravariant=True)
ResultOut = TypeVar("ResultOut", covariant=True)
_opened: Callable[[Any], Any] | None = None


class Work(Protocol[ItemIn, ResultOut]):
    """Something that can be sent to where it is done; must be picklable."""

    def open(self) -> Callable[[ItemIn], ResultOut]:
        """Load what is needed, and return what does one item."""
        ...


def run_work(
    work: Work[Item, Result], items: Sequence[Item], *, workers: int = 1, ray: str | None = None
) -> Iterator[Result]:
    """Do the work for every item.

    Raises:
        StageError: Ray is asked for and not installed.
    """
    if ray is not None:
        yield from _on_ray(work, items, workers, ray)
    elif workers == 1 or len(items) < 2:
        yield from map(work.open(), items)
    else:
        yield from _in_processes(work, items, workers)


def _in_processes(work: Work[Item, Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    from multiprocessing import get_context

    # A forked child would inherit torch's thread pool in an unknown state.
    with get_context("spawn").Pool(workers, _open, (work,)) as pool:
        yield from pool.imap_unordered(_do, items)


def _open(work: Work[Any, Any]) -> None:
    global _opened
    _opened = work.open()


def _do(item: Any) -> Any:
    assert _opened is not None  # noqa: S101 - the pool opens the work before the first item
    return _opened(item)


def _on_ray(work: Work[Item, Result], items: Sequence[Item], workers: int, address: str) -> Iterator[Result]:
    try:
        import ray
        from ray.util import ActorPool
    except ImportError as error:
        raise StageError("sampling on a cluster needs Ray: pip install 'callwright[ray]'") from error

    class Actor:
        def __init__(self, work: Work[Item, Result]) -> None:
            self.do = work.open()

        def run(self, item: Item) -> Result:
            return self.do(item)

    ray.init(address=None if address == "local" else address, ignore_reinit_error=True, log_to_driver=False)
    remote = ray.remote(Actor)
    pool = ActorPool([remote.remote(work) for _ in range(workers)])
    yield from pool.map_unordered(lambda actor, item: actor.run.remote(item), items)
