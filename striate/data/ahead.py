"""Take items in a thread, before they are asked for."""

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], most: int, *, newest: bool = False) -> Generator[T, None, None]:
    """The same items, taken by a thread while the caller is busy with those before.

    Close it (`contextlib.closing`) when it is left before its end: that waits for the item which is being taken.

    Args:
        items: used by the thread alone.
        most: how many may wait, at least 1.
        newest: don't wait for the caller, but drop the oldest: of a camera the present counts.

    Raises:
        What `items` raise, after the items before.

    Example:
        >>> list(ahead(range(5), 2))
        [0, 1, 2, 3, 4]
    """
    waiting = _Waiting[T](most, newest)
    thread = threading.Thread(target=waiting.fill, args=(items,), daemon=True)
    thread.start()
    try:
        yield from waiting
    finally:
        waiting.end()
        thread.join()


class _Waiting(Generic[T]):
    """What one thread has taken and another has not yet asked for."""

    def __init__(self, most: int, newest: bool):
        self._items: deque[T] = deque()
        self._most, self._newest = most, newest
        self._changed = threading.Condition()
        self._ended = False
        self._error: BaseException | None = None

    def fill(self, items: Iterable[T]) -> None:
        """Take all items, or those until the end was called."""
        try:
            for item in items:
                if not self._put(item):
                    return
        except BaseException as e:  # raised again where the items are used
            self._error = e
        self.end()

    def _put(self, item: T) -> bool:
        """Whether there is somebody who waits for more."""
        with self._changed:
            if self._newest and len(self._items) == self._most:
                self._items.popleft()
            self._changed.wait_for(lambda: len(self._items) < self._most or self._ended)
            self._items.append(item)
            self._changed.notify_all()
            return not self._ended

    def end(self) -> None:
        """No more items are taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._ended)
                if not self._items:
                    break
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
        if self._error:
            raise self._error
