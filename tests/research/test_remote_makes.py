"""Remote stores (Oxigraph server, Debian's Jena) answer the catalogue as a local store does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.authoring.reasoning.hermit import QUICK
from lrp_kg.errors import MalformedQuery
from lrp_kg.research.engine.model import Limits, Question
from lrp_kg.research.engine.pool import PoolEngine
from lrp_kg.research.engine.remote import RemoteEngine
from lrp_kg.research.store.export import export
from lrp_kg.research.store.generations import Store
from tests.support.paths import TESTS
from tests.support.queryset import ENTRIES, load_records
from tests.support.serving import free_port, running_endpoint, running_oxigraph

JAVA = shutil.which("java")
FOLDER = Path("/usr/share/java")
OTHERS = (
    *("commons-cli", "commons-codec", "commons-compress", "commons-csv", "commons-io", "commons-lang3"),
    *("dexx.collection", "guava", "httpclient", "httpcore", "gson", "jackson-core", "jackson-databind"),
    *("jakarta.json-api", "jsonld-java", "protobuf", "slf4j-api", "slf4j-nop", "thrift", "titanium-json-ld"),
)
PROGRAM = TESTS / "jena" / "Endpoint.java"
JARS = [*sorted(FOLDER.glob("jena-*.jar")), *(FOLDER / f"{name}.jar" for name in OTHERS)]
TIMES = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)")
CP = "https://w3id.org/lrp-kg/care-pathway#"
MAKES = ("oxigraph", "jena")
pytestmark = pytest.mark.slow


@cache
def _missing() -> str | None:
    if not JAVA or not (FOLDER / "jena-arq.jar").is_file():
        return "needs Jena: apt install libapache-jena-java"
    modules = subprocess.run([JAVA, "--list-modules"], capture_output=True, text=True, check=False).stdout
    return None if "jdk.compiler" in modules else "needs a JDK, to run a source file"


@pytest.fixture(scope="module")
def store(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return load_records(service.guideline, tmp_path_factory.mktemp("here") / "store")


@pytest.fixture(scope="module")
def makes(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RemoteEngine]]:
    """Return the server of a make, with the data of the store; each is started once."""
    with ExitStack() as running:
        yield cache(lambda make: running.enter_context(_server(make, store, tmp_path_factory.mktemp(make))))


@pytest.fixture(params=MAKES)
def there(request: pytest.FixtureRequest, makes: Callable[[str], RemoteEngine]) -> RemoteEngine:
    return makes(request.param)


@contextmanager
def _server(make: str, store: Path, folder: Path) -> Iterator[RemoteEngine]:
    if make == "jena" and (reason := _missing()):
        pytest.skip(reason)
    file = folder / "records.nq"
    export(store, file)
    running = running_oxigraph(folder / "data", data=file) if make == "oxigraph" else _jena(folder, file)
    with running as url, RemoteEngine(url + "/query", limits=Limits(seconds=60.0)) as engine:
        assert engine.has_records
        yield engine


@contextmanager
def _jena(folder: Path, file: Path) -> Iterator[str]:
    _messages(folder)
    port = free_port()
    command = [str(JAVA), *QUICK, "-cp", ":".join(map(str, (*JARS, folder))), str(PROGRAM), str(port), str(file)]
    url = f"http://127.0.0.1:{port}"
    with running_endpoint(command, url + "/query"):
        yield url


def _messages(folder: Path) -> None:
    """Copy the messages of the XML types to where Jena looks for them; Debian installs them elsewhere."""
    inside = "org/apache/jena/ext/"
    with zipfile.ZipFile(FOLDER / "jena-core.jar") as jar:
        for name in jar.namelist():
            if name.startswith(inside) and name.endswith(".properties"):
                target = folder / name.removeprefix(inside)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(jar.read(name))


@pytest.fixture(scope="module")
def here(store: Path) -> Iterator[PoolEngine]:
    with PoolEngine(store=Store(store).current().folder) as engine:
        yield engine


def _result(engine: RemoteEngine | PoolEngine, query: str) -> Any:
    found = json.loads(TIMES.sub("MOMENT", engine.ask(Question(query)).read().decode()))
    columns = found["head"]["vars"]
    rows = [
        {name: (row[name]["value"], row[name].get("datatype")) for name in row} for row in found["results"]["bindings"]
    ]
    return columns, rows


def asked() -> Iterator[Any]:
    """Yield a make and a query: every fourth query in make test, all in long."""
    for make in MAKES:
        for number, name in enumerate(sorted(ENTRIES)):
            yield pytest.param(make, name, id=f"{make}-{name}", marks=[pytest.mark.long] if number % 4 else [])


@pytest.mark.parametrize(("there", "name"), [*asked()], indirect=["there"])
def test_catalogue_gives_the_same_results(name: str, here: PoolEngine, there: RemoteEngine) -> None:
    assert _result(there, ENTRIES[name].text) == _result(here, ENTRIES[name].text)


def test_every_graph_is_present(here: PoolEngine, there: RemoteEngine) -> None:
    count = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
    assert _result(there, count) == _result(here, count)
    assert len(_result(here, count)[1]) > 10


def test_ask_and_construct_are_answered(there: RemoteEngine) -> None:
    assert json.loads(there.ask(Question(f"ASK {{ ?s a <{CP}Stage> }}")).read()) == {"head": {}, "boolean": True}
    graph = there.ask(Question(f"CONSTRUCT WHERE {{ ?s a <{CP}Stage> }}", graph="application/n-triples"))
    assert len(graph.read().splitlines()) == 9
    with pytest.raises(MalformedQuery):
        there.ask(Question("SELECT"))
