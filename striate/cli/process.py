"""What the command line sets for its own process before PyTorch comes in. A library must not."""

import ctypes
import os
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX of malloc.h


def hush_decoders() -> None:
    """Leave what is wrong with a video to the one error of striate's: OpenCV and ffmpeg print their own beside it."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # read when cv2 is imported
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET; read when ffmpeg is first used


def prepare_process() -> None:
    """Let threads sleep while they wait, and keep freed memory for the next layer.

    Threads that spin while they wait make a busy machine ten times slower. And glibc gives large buffers back to
    the system after every layer: the page faults of asking again take most of the time of a small network on a CPU.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is imported; workers inherit it
    _keep_memory()


def _keep_memory() -> None:
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)  # mallopt takes an int
    libc.mallopt(_TOP_PAD, 64 * 2**20)
