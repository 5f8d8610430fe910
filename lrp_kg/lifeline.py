"""Ties a process to the one that started it: the kernel ends it when that one is gone, whatever it is doing."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait

_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Have this process killed when the thread that started it ends; end now where ``parent`` is gone already.

    Only for processes that a lasting thread starts. Does nothing where the kernel is not Linux.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def end_with_starter() -> None:
    """Have this process, which `multiprocessing` spawned, end with its parent, whatever thread of that started it.

    Processes of a pool hold both ends of its queue, so they would wait for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
