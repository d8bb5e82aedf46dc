"""Worker processes: how they come to be, and that they end with the process that they work for."""

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.context import BaseContext

import cv2

WORTH_WORKERS = 1000  # images, from which on starting processes pays


def worker_context() -> BaseContext:
    """Where workers come from.

    On Linux from a server that has imported what they need and then forks: the first is there as soon as one import
    of torch takes, every other one in some milliseconds, and they share that memory. Elsewhere each imports on its own:
    Windows has no fork, and on macOS it is unsafe once system libraries are in use.
    """
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["striate.data.loader"])
    return context


def workers_for(images: int, asked: int) -> int:
    """How many processes to start for a single pass over so many images: as asked, or none where they are few."""
    return asked if images >= WORTH_WORKERS else 0


def begin_work(_: int) -> None:
    """What a worker does first: it is one thread, leaves Ctrl-C to the trainer, and ends when the trainer does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Torch looks at the parent's id, which is the server's: a killed trainer would leave its workers behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
