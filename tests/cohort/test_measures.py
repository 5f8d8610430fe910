"""Durations of columns are those of single dates."""

from datetime import date, timedelta

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg.cohort.arrays import ABSENT  # noqa: E402
from lrp_kg.cohort.measures import added, measure  # noqa: E402
from lrp_kg.durations import MEASURES, add_period, day_number  # noqa: E402


@pytest.mark.parametrize("name", MEASURES)
def test_columns_are_measured_as_dates(name: str) -> None:
    starts = [date(2023, 1, 1) + timedelta(days=n) for n in range(0, 800, 3)]
    ends = [date(2022, 12, 20) + timedelta(days=n) for n in range(0, 900, 7)] + [date(1950, 2, 28), date(9999, 12, 31)]
    pairs = [(a, b) for a in [*starts, date(2024, 2, 29), date(2, 1, 31)] for b in ends]
    columns = (np.array([day_number(pair[n]) for pair in pairs]) for n in (0, 1))
    assert measure(name, *columns).tolist() == [MEASURES[name](a, b) for a, b in pairs]


@pytest.mark.parametrize("period", ["P0D", "P14D", "P1M", "P6M", "P13M", "P1M3D", "P12000M", "P9999999D"])
def test_periods_are_added_as_to_dates(period: str) -> None:
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(1500)]
    days += [date(1900, 2, 28), date(1969, 12, 31), date(1960, 1, 31), date(9999, 11, 30), date(9999, 12, 31)]
    expected = [ABSENT if day is None else day_number(day) for day in (add_period(d, period) for d in days)]
    assert added(np.array([day_number(d) for d in days]), period).tolist() == expected
