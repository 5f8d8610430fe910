"""Answers to requests that are sent again and again, such as those of a page that is opened twice, or that polls.

They are in the memory of a worker only, within a bound of bytes, and forgotten once they were not asked for during a
minute. Of a request that was sent once there is only a number made of a digest, with a key that each worker makes.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from hashlib import blake2b

from lrp_kg.logic.memory import BoundedMemory, SharedBound

BYTES = 4 * 1024 * 1024
"""The most that is kept of answers that were asked for in the last half minute, and as much of those before them."""
SECONDS = 30.0
"""After which answers are old; those that are old already and were not asked for again are forgotten."""
LARGEST = 256 * 1024
"""Bytes of an answer beyond which it is not kept."""
_LEVEL = 1
"""A fifth is left of an answer, and it is made again in an eighth of a millisecond."""
_SIZE = 250
"""Bytes that an entry takes beside an answer, about."""

_Key = tuple[int, bytes]


class Repeats:
    """Remembers answers that are asked for again."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._secret = os.urandom(32)
        self._now = now
        self._until = now() + SECONDS
        self._memories = SharedBound(BYTES)
        self._answers: BoundedMemory[_Key, bytes] = BoundedMemory(self._memories, _SIZE, len)

    def answer(self, kind: int, body: bytes, work: Callable[[], bytes]) -> bytes:
        """Return the answer to a body, as it was or as ``work`` returns it; ``kind`` is what else is asked for."""
        if self._now() >= self._until:
            self._until = self._now() + SECONDS
            self._memories.age()
        key = kind, blake2b(body, digest_size=16, key=self._secret).digest()
        kept = self._answers.get(key)
        if kept is not None:
            return zlib.decompress(kept)
        answer = work()
        if self._answers.met(key) and len(answer) <= LARGEST:
            self._answers.put(key, zlib.compress(answer, _LEVEL))
        return answer

    @property
    def kept(self) -> int:
        """How many answers are kept."""
        return len(self._answers)
