"""Remember what was computed from a warehouse version: it never changes, and people ask again."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from knowledge.warehouse.reads import ReadsWarehouse
from knowledge.warehouse.versions import Snapshot

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=ReadsWarehouse)


def per_version(
    most: int,
) -> Callable[[Callable[Concatenate[S, P], T]], Callable[Concatenate[S, P], T]]:
    """Compute once for a warehouse version and arguments, and keep the last ``most`` results.

    Callers share a result, in several threads at once, and must not change it. Of those who ask
    for the same at the same moment one computes and the others wait. Frames in memory have no
    version that could be told from another one's, so for them everything is computed anew.
    """

    def decorate(compute: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
        kept: OrderedDict[object, tuple[threading.Lock, list[T]]] = OrderedDict()
        changing = threading.Lock()

        @functools.wraps(compute)
        def remembered(snapshot: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            if not isinstance(snapshot, Snapshot):
                return compute(snapshot, *args, **kwargs)
            # The number alone would mix up two deployments in one process.
            pinned = snapshot.pinned
            key = (pinned.version, pinned.load_id, pinned.created_at, args, tuple(kwargs.items()))
            with changing:
                turn, found = kept.setdefault(key, (threading.Lock(), []))
                kept.move_to_end(key)
                while len(kept) > most:
                    kept.popitem(last=False)
            with turn:
                if not found:
                    found.append(compute(snapshot, *args, **kwargs))
            return found[0]

        return remembered

    return decorate
