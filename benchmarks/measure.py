"""Times of contenders in interleaved rounds, their ratios, and what a run found."""

from __future__ import annotations

import cProfile
import gc
import io
import pstats
import re
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Timing:
    """Times of one contender in microseconds, a list per round."""

    name: str
    rounds: list[list[float]] = field(default_factory=list)

    @property
    def times(self) -> list[float]:
        return [t for found in self.rounds for t in found]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    def medians(self) -> list[float | None]:
        return [statistics.median(found) if found else None for found in self.rounds]

    def as_json(self) -> Json:
        times = sorted(self.times)
        return {
            "median": self.median,
            "p25": times[len(times) // 4],
            "p75": times[3 * len(times) // 4],
            "p99": times[min(len(times) - 1, 99 * len(times) // 100)],
            "count": len(times),
            "roundMedians": self.medians(),
        }


@dataclass(frozen=True)
class Ratio:
    """A quotient of medians: of the whole run, and the lowest and highest of its rounds."""

    value: float
    low: float
    high: float


def ratio(above: Timing, below: Timing) -> Ratio:
    """Return above / below; a round in which one was not measured counts with that one's median of the whole run."""
    rounds = [
        (a or above.median) / (b or below.median)
        for a, b in zip(above.medians(), below.medians(), strict=True)
        if a or b
    ]
    return Ratio(above.median / below.median, min(rounds), max(rounds))


Contender = tuple[Callable[[Any], Any], Iterable[Any]]


def one_round(timings: dict[str, Timing], contenders: dict[str, Contender], turn: int) -> None:
    """Measure each contender on its inputs, call by call; who begins changes with the round.

    Each clears up what it left before the next begins, so that none pays for another's garbage.
    """
    names = list(contenders)
    turn %= len(names)
    for name in names[turn:] + names[:turn]:
        call, inputs = contenders[name]
        found = []
        for item in inputs:
            start = time.perf_counter_ns()
            call(item)
            found.append((time.perf_counter_ns() - start) / 1000)
        timings.setdefault(name, Timing(name)).rounds.append(found)
        gc.collect()


def profile_of(call: Callable[[Any], Any], inputs: Iterable[Any], top: int = 15) -> str:
    """Return where the own time of calls goes, by function."""
    inputs = list(inputs)
    profiler = cProfile.Profile()
    profiler.enable()
    for item in inputs:
        call(item)
    profiler.disable()
    out = io.StringIO()
    pstats.Stats(profiler, stream=out).sort_stats("tottime").print_stats(top)
    lines = [line for line in out.getvalue().splitlines() if line.strip()]
    kept = [shortened(line) for line in lines if "Ordered by" not in line and "List reduced" not in line]
    return f"{len(inputs)} calls, own time by function (with the cost of profiling)\n" + "\n".join(kept)


def shortened(line: str) -> str:
    """Return a line of a profile with file names from the package on."""
    return re.sub(r"/\S*/(?:site-packages|python3\.\d+|(?=lrp_kg/|benchmarks/))/?", "", line).rstrip()


@dataclass
class Aim:
    """What a ratio or a size should be. ``figure`` is what was measured, ``met`` whether it is enough."""

    name: str
    figure: str
    wanted: str
    met: bool
    value: float
    why: Callable[[], str] | None = None
    profile: str = ""
    spread: tuple[float, float] | None = None

    def as_json(self) -> Json:
        return {
            "name": self.name,
            "value": self.value,
            "spread": self.spread,
            "wanted": self.wanted,
            "met": self.met,
            "profile": self.profile or None,
        }


def aim_at_least(name: str, found: Ratio, wanted: float, why: Callable[[], str] | None = None) -> Aim:
    return _aim(name, found, f">= {wanted:g}", found.value >= wanted, why)


def aim_at_most(name: str, found: Ratio, wanted: float, why: Callable[[], str] | None = None) -> Aim:
    return _aim(name, found, f"<= {wanted:g}", found.value <= wanted, why)


def _aim(name: str, found: Ratio, wanted: str, met: bool, why: Callable[[], str] | None) -> Aim:
    spread = (found.low, found.high)
    return Aim(name, _times(found), wanted, met=met, value=found.value, why=why, spread=spread)


def _times(found: Ratio) -> str:
    return f"{short(found.value)} ({short(found.low)} to {short(found.high)})"


def short(number: float) -> str:
    """Return a number with three digits or so."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def microseconds(value: float) -> str:
    """Return a time in the unit that suits it."""
    for limit, factor, unit in ((1e3, 1, "µs"), (1e6, 1e3, "ms")):
        if value < limit:
            return f"{value / factor:.3g} {unit}"
    return f"{value / 1e6:.3g} s"
