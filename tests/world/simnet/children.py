"""Child processes that do not outlive us, not even when we are killed."""

import ctypes
import signal

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def die_with_parent():
    """For preexec_fn: the kernel sends SIGTERM to this process when its parent dies."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
