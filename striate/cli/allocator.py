"""Keep freed memory for the next layer instead of giving it back to the system.

glibc returns large buffers after every layer, and the page faults of asking again take most of the time of a small
network on a CPU. Only the command line changes this, for its own process; a library must not.
"""

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX of malloc.h


def keep_memory() -> bool:
    """Ask glibc to keep what is freed; False where the C library is another."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return False
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)  # mallopt takes an int
    libc.mallopt(_TOP_PAD, 64 * 2**20)
    return True
