"""What is remembered changes no answer: a service that answered others says the same as one that remembers nothing."""

from __future__ import annotations

import itertools
import json
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.run import Run
from lrp_kg.effort import collect_seldom
from lrp_kg.research.synthesis.generating import Generator
from lrp_kg.words import LANGUAGES
from tests.support.paths import ANKLE, ROOT

Json = dict[str, Any]
HALF_KNOWN = 0.3
"""Share of the invented records from which fields are taken, or whose dates are made uncertain."""


def invented(service: GuidelineService, seed: int) -> Iterator[Json]:
    """Yield valid records without end: whole ones, ones with fewer fields, and ones with uncertain dates."""
    chance = random.Random(seed)  # noqa: S311  reproducible, not secret
    uncertain = [f.id for f in service.guideline.fields.values() if f.bounds]
    for record in Generator(service, seed).records(1_000_000):
        if chance.random() < HALF_KNOWN:
            record = {name: value for name, value in record.items() if name[0] == "@" or chance.random() < 0.7}
        for name in uncertain:
            if name in record and chance.random() < HALF_KNOWN / 3:
                record = record | {name: record[name][:7]}
        if not service.validate(record):
            yield record


def asked(service: GuidelineService, chance: random.Random) -> Json:
    """Return what is asked of an answer."""
    some = chance.sample(service.assessor.decision_ids, chance.randint(1, 3))
    explain = chance.random() < 0.6
    return {
        "lang": chance.choice(LANGUAGES),
        "explain": explain,
        "only": chance.choice((None, None, tuple(some))),
        "detail": "full" if explain else chance.choice(("full", "summary")),
    }


def differences(folder: Any, count: int, seed: int, warm: int) -> list[Json]:
    """Return the records about which a service says something else than one that remembers nothing."""
    service, forgetful = GuidelineService(folder), GuidelineService(folder)
    chance = random.Random(seed)  # noqa: S311
    records = invented(service, seed)
    for record in itertools.islice(records, warm):
        service.answer_json(record, **asked(service, chance))
    found = []
    for record in itertools.islice(records, count):
        how = asked(service, chance)
        forgetful.assessor.memories.clear()
        known = forgetful.read(record)
        explain, detail = how["explain"], how["detail"]
        data = forgetful.assessor.finish(Run(forgetful.assessor, known, explain), how["only"])
        expected = orjson.dumps(forgetful.renderer(how["lang"]).render(data, explain=explain, detail=detail))
        own = service.assessor.assess(known, only=how["only"], explain=explain)
        if service.answer_json(record, **how) != expected or own != data:
            found.append(record)
    return found


@pytest.mark.parametrize("folder", [None, ANKLE], ids=["low-back-pain", "ankle"])
def test_what_is_remembered_changes_no_answer(folder: Any, cache_folder: str) -> None:
    assert differences(folder, 30, 11, warm=60) == []


@pytest.mark.long
@pytest.mark.parametrize("folder", [None, ANKLE], ids=["low-back-pain", "ankle"])
@pytest.mark.parametrize("seed", [12, 13])
def test_what_is_remembered_changes_none_of_many_answers(folder: Any, seed: int, cache_folder: str) -> None:
    assert differences(folder, 1500, seed, warm=2000) == []


def sizes_while_answering(number: int, step: int) -> list[float]:
    """Answer different records in all languages as a worker does; return the most megabytes held after each step."""
    service = GuidelineService()
    service.warm()
    collect_seldom()
    chance = random.Random(5)  # noqa: S311
    sizes = []
    for done, record in enumerate(itertools.islice(invented(service, 14), number), 1):
        service.answer_json(record, lang=LANGUAGES[done % 4], explain=chance.random() < 0.5)
        if done % step == 0:
            sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return sizes


@pytest.mark.long
def test_memory_is_bounded_over_100_000_different_records(cache_folder: str) -> None:
    """A process of its own, since what the tests import counts too."""
    command = [sys.executable, "-m", "tests.answer.test_parts"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    sizes = json.loads(done.stdout)
    assert len(sizes) == 10
    assert sizes[-1] <= 200, sizes


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sizes_while_answering(100_000, 10_000)))
