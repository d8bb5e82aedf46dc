"""Items taken ahead: the same ones in order, errors in their place, the newest only, and a thread that ends."""

import threading
import time
from contextlib import closing

import pytest

from striate.data.ahead import ahead


def counted(taken, most):
    for i in range(most):
        taken.append(i)
        yield i


def wait_until(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError


@pytest.mark.parametrize("count", [0, 1, 2, 50])
@pytest.mark.parametrize("most", [1, 3])
def test_the_same_items_in_order(count, most):
    assert list(ahead(range(count), most)) == list(range(count))


def test_no_more_wait_than_may():
    taken = []
    with closing(ahead(counted(taken, 100), 3)) as items:
        assert next(items) == 0
        wait_until(lambda: len(taken) == 5)  # one used, three wait, one in hand
        time.sleep(0.05)
        assert len(taken) == 5


def test_the_newest_are_kept():
    used = threading.Event()

    def numbers():
        yield 0
        used.wait()
        yield from range(1, 100)

    others = threading.active_count()
    with closing(ahead(numbers(), 1, newest=True)) as items:
        assert next(items) == 0
        used.set()
        wait_until(lambda: threading.active_count() == others)
        assert list(items) == [99]


def test_an_error_comes_after_the_items_before_it():
    def broken():
        yield 1
        yield 2
        raise OSError("gone")

    seen = []
    with pytest.raises(OSError, match="gone"):
        seen.extend(ahead(broken(), 1))  # what `extend` got before the error is lost
    items = ahead(broken(), 5)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="gone"):
        next(items)


def test_its_thread_ends_when_it_is_left():
    started = threading.active_count()
    with closing(ahead(iter(int, 1), 2)) as items:  # without end
        assert next(items) == 0
        assert threading.active_count() == started + 1
    assert threading.active_count() == started
