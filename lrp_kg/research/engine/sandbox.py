"""What the kernel forbids a worker: new sockets, other programs, core files, outliving the process that forked it."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import resource
import struct
import sys

from lrp_kg.lifeline import end_with_parent

_NO_NEW_PRIVS, _SET_SECCOMP = 38, 22
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _DENY = 0x7FFF0000, 0x00050001  # the latter: fail with EPERM
_CALLS = {
    "x86_64": (0xC000003E, (41, 59, 322)),  # socket, execve, execveat
    "aarch64": (0xC00000B7, (198, 221, 281)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _instruction(code: int, yes: int, no: int, value: int) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Return a seccomp filter that lets every system call through but some; another architecture than ours too."""
    parts = [
        _instruction(_LOAD, 0, 0, 4),
        _instruction(_EQUAL, 1, 0, architecture),
        _instruction(_RETURN, 0, 0, _ALLOW),
    ]
    parts.append(_instruction(_LOAD, 0, 0, 0))
    for number in calls:
        parts += [_instruction(_EQUAL, 0, 1, number), _instruction(_RETURN, 0, 0, _DENY)]
    return b"".join([*parts, _instruction(_RETURN, 0, 0, _ALLOW)])


def close_off(parent: int) -> bool:
    """Forbid this process what a query never needs, and outliving ``parent``, which forked it.

    Return whether the kernel took the filter of system calls.
    """
    end_with_parent(parent)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    code = _filter(*_CALLS[platform.machine()])
    buffer = ctypes.create_string_buffer(code)
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(_SET_SECCOMP, 2, ctypes.byref(program)) == 0)


def limit_memory(more: int) -> None:
    """Let this process take that many bytes more than it has now."""
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    limit = min(pages * resource.getpagesize() + more, sys.maxsize)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
