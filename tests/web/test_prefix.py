"""The service under a path prefix: no address leads outside, whether the proxy takes the prefix off the path or not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import rdflib
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.errors import WrongPrefix
from lrp_kg.web import create_app
from lrp_kg.web.prefix import HEADER, UnderPrefix, prefix_of
from tests.support.application import made
from tests.support.paths import PACKAGE

PREFIX = "/hospital/lrp"
HTML = {"Accept": "text/html,*/*;q=0.8"}
LINK = re.compile(r"""\s(?:href|src|action|formaction)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@pytest.fixture(scope="module")
def app(service: GuidelineService) -> Iterator[Flask]:
    with made(service, PREFIX=PREFIX) as found:
        yield found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def proxied(service: GuidelineService) -> Iterator[Flask]:
    with made(service, PROXIES=1) as found:
        yield found


def links(page: str) -> list[str]:
    return [unescape(a or b) for a, b in LINK.findall(page)]


MANY = 10
"""Pages of a kind that are followed: they have one template."""


@pytest.mark.slow
def test_pages_lead_to_no_address_outside(client: FlaskClient) -> None:
    ahead, seen, many = [PREFIX + "/"], set[str](), Counter[str]()
    while ahead:
        address = ahead.pop()
        answer = client.get(address, headers=HTML, buffered=True)
        assert answer.status_code < 400 or answer.status_code == 409, address  # 409: the query needs records
        if answer.mimetype != "text/html":
            continue
        for link in links(answer.text):
            target = urljoin(address, link)
            if urlsplit(target).netloc:
                continue
            assert target.startswith(PREFIX + "/"), (address, link)
            plain = re.sub(r"[?&]lang=\w+", "", target.partition("#")[0])
            kind = next((k for k in ("/guide/", "/term/", "/query?") if k in plain), "")
            if plain not in seen and (not kind or many[kind] < MANY) and not plain.endswith(("/assess", "/logout")):
                seen.add(plain)
                many[kind] += 1
                ahead.append(target)
    assert len(seen) > 60
    assert (many["/guide/"], many["/term/"]) == (MANY, MANY)


@pytest.mark.parametrize(
    "path", ["/", "/queries", "/query", "/term/", "/term/cp:Stage", "/login", "/queries/decisions"]
)
def test_proxy_may_strip_the_prefix_or_not(client: FlaskClient, path: str) -> None:
    stripped, whole = (client.get(p + path + "?lang=nl", headers=HTML) for p in ("", PREFIX))
    assert stripped.status_code == whole.status_code == 200
    assert stripped.data == whole.data
    assert f'data-base="{PREFIX}"' in whole.text


@pytest.mark.parametrize(
    ("method", "path", "location"),
    [
        ("GET", PREFIX + "/sparql", "/query"),
        ("GET", "/sparql", "/query"),
        ("GET", PREFIX + "/term?lang=nl", "/term/?lang=nl"),
        ("POST", PREFIX + "/logout", "/"),
    ],
)
def test_redirects_stay_inside(client: FlaskClient, method: str, path: str, location: str) -> None:
    answer = client.open(path, method=method, headers=HTML)
    assert answer.headers["Location"] == PREFIX + location


def test_prefix_alone_is_the_start_page(client: FlaskClient) -> None:
    assert client.get(PREFIX, headers=HTML).data == client.get(PREFIX + "/", headers=HTML).data


def test_other_paths_are_not_under_the_prefix(client: FlaskClient) -> None:
    for path in (PREFIX + "x/health", "/hospital/health", "/hospital", PREFIX.upper() + "/health", PREFIX + PREFIX):
        assert client.get(path).status_code == 404, path


def test_addresses_in_data(client: FlaskClient) -> None:
    start = client.get(PREFIX + "/", headers={"Accept": "application/json"}).get_json()
    assert all(e["path"].startswith(PREFIX + "/") for e in start["endpoints"])
    for entry in client.get(PREFIX + "/queries", headers={"Accept": "application/json"}).get_json()["queries"]:
        assert entry["href"].startswith(PREFIX + "/queries/")
    assert client.get(PREFIX + "/openapi.json").get_json()["servers"] == [{"url": PREFIX}]
    assert f"; {PREFIX}/endpoints lists" in client.get(PREFIX + "/nothing").get_json()["detail"]
    void = rdflib.Graph().parse(data=client.get(PREFIX + "/.well-known/void").data)
    assert str(next(void.objects(predicate=rdflib.VOID.sparqlEndpoint))) == f"http://localhost{PREFIX}/sparql"
    assert str(next(void.objects(predicate=rdflib.VOID.dataDump))) == f"http://localhost{PREFIX}/ontology"
    about = rdflib.Graph().parse(data=client.get(PREFIX + "/sparql", headers={"Accept": "text/turtle"}).data)
    endpoint = rdflib.URIRef("http://www.w3.org/ns/sparql-service-description#endpoint")
    assert str(next(about.objects(predicate=endpoint))) == f"http://localhost{PREFIX}/sparql"


def test_scripts_and_styles_name_no_address_at_the_root() -> None:
    files = [*(PACKAGE / "web" / "static").glob("*.js"), *(PACKAGE / "web" / "static").glob("*.css")]
    assert len(files) > 6
    for file in files:
        text = re.sub(r"\bat\(`[^`]*`|\bat\(\"[^\"]*\"", "", file.read_text(encoding="utf-8"))
        assert not re.search(r"""(?:fetch\(|href:? ?=? ?|URL\(|url\()["'`]?/""", text), file


@pytest.mark.parametrize(
    ("target", "own"),
    [
        (PREFIX + "/queries?lang=nl", True),
        (PREFIX + "/query?query=SELECT%20%2A", True),
        ("/queries", False),
        ("/", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        (PREFIX + "/../admin", False),
        (PREFIX + "/%2e%2E/admin", False),
        (PREFIX + "/x\\..\\..\\admin", False),
        (PREFIX + "x/queries", False),
        ("https://evil.example" + PREFIX + "/", False),
        (PREFIX + "/a\nb", False),
    ],
)
def test_login_leads_to_own_pages_only(client: FlaskClient, target: str, own: bool) -> None:
    page = client.get(PREFIX + "/login", query_string={"next": target}, headers=HTML)
    (found,) = re.findall(r'name="next" value="([^"]*)"', page.text)
    assert unescape(found) == (target if own else PREFIX + "/")


@pytest.mark.parametrize(
    ("header", "prefix"),
    [
        ({}, ""),
        ({"X-Forwarded-Prefix": "/lrp"}, "/lrp"),
        ({"X-Forwarded-Prefix": "lrp/"}, "/lrp"),
        ({"X-Forwarded-Prefix": "/"}, ""),
        ({"X-Forwarded-Prefix": ""}, ""),
        ({"X-Forwarded-Prefix": " /a/b "}, "/a/b"),
        ({"X-Forwarded-Prefix": "/from-the-client, /lrp"}, "/lrp"),
    ],
)
def test_prefix_of_a_trusted_proxy(proxied: Flask, header: dict[str, str], prefix: str) -> None:
    client = proxied.test_client()
    for path in ("/", prefix + "/"):
        assert f'data-base="{prefix}"' in client.get(path, headers=HTML | header).text


def test_prefix_that_is_an_address_of_the_service(proxied: Flask, app: Flask) -> None:
    header = {"X-Forwarded-Prefix": "/query", **HTML}
    assert 'id="editor"' in proxied.test_client().get("/query", headers=header).text  # the proxy took /query off
    with pytest.raises(WrongPrefix, match="/sparql"):
        create_app({"PREFIX": "/sparql/lrp"})


@pytest.mark.parametrize(
    ("setting", "proxies", "header", "prefix"),
    [
        ("", 0, "/evil", ""),
        (PREFIX, 0, "/evil", PREFIX),
        (PREFIX, 1, "/evil", PREFIX),
        (PREFIX, 1, "//evil", PREFIX),
        ("", 1, "/x, /a", "/a"),
        ("", 2, "/x, /a, /b", "/a/b"),
        ("", 2, "/a", "/a"),
        ("", 1, "/a, ", ""),
    ],
)
def test_header_counts_behind_proxies_only_and_below_the_setting(
    setting: str, proxies: int, header: str, prefix: str
) -> None:
    seen: dict[str, Any] = {}

    def inner(environ: dict[str, Any], _: object) -> list[bytes]:
        seen.update(environ)
        return []

    list(UnderPrefix(inner, setting, proxies, ())({"PATH_INFO": "/health", HEADER: header}, lambda *_: print))
    assert (seen.get("SCRIPT_NAME", ""), seen["PATH_INFO"]) == (prefix, "/health")


ODD = ["//evil", "//evil.example/x", "/a//b", "/a/../b", "/..", "/.", "/a/./b", "/a b", "/a\tb", '/a"b', "/a'b", "/a?b"]
ODD += [
    "/a#b",
    "/a\\b",
    "\\\\evil",
    "/a%2e%2e",
    "/a;b",
    "http://evil.example",
    "/é",
    "/<b>",
    "/{x}",
    "/a\x00",
    "...",
    "/a\u00a0",
]


@pytest.mark.parametrize("text", ODD)
def test_odd_prefixes_are_refused(proxied: Flask, text: str) -> None:
    with pytest.raises(WrongPrefix, match="is not a path prefix"):
        prefix_of(text)
    environ: dict[str, Any] = {"HTTP_X_FORWARDED_PREFIX": text.encode().decode("latin-1")}
    answer = proxied.test_client().get("/health", environ_overrides=environ)
    if "\x00" not in text:
        assert (answer.status_code, answer.get_json()["code"]) == (400, "wrong-prefix")
        assert "X-Forwarded-Prefix" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("text", "prefix"), [("", ""), ("/", ""), ("lrp", "/lrp"), ("/lrp/", "/lrp"), ("a/b-c_d.e~f", "/a/b-c_d.e~f")]
)
def test_prefixes_are_written_in_one_way(text: str, prefix: str) -> None:
    assert prefix_of(text) == prefix


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host"])
@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("guideline.example", "guideline.example"),
        ("Guideline.Example:8443", "guideline.example:8443"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:8000", "[::1]:8000"),
        ("lrp_kg:8000", "lrp_kg:8000"),  # a name in a network of containers
        ("-", "-"),
        ("evil<x>", None),
        ("a b", None),
        ("<x>", None),
        ("[::1", None),
        ("x/y", None),
        ("x?y", None),
        ("x#y", None),
        ("user@host", None),
        ("host:abc", None),
        ("é", None),
        ("a\\b", None),
        ("%41", None),
        ("..", None),
        ("a" * 300, None),
    ],
)
def test_descriptions_hold_the_address_that_was_asked(proxied: Flask, name: str, host: str, shown: str | None) -> None:
    client = proxied.test_client()
    for path in ("/.well-known/void", "/sparql"):
        answer = client.get(path, headers={name: host, "Accept": "text/turtle"})
        if shown:
            assert f"<http://{shown}/sparql>" in answer.text
        else:
            assert (answer.status_code, answer.get_json()["code"]) == (400, "wrong-host")
            assert "Host" in answer.get_json()["detail"]
            assert host not in answer.text
    other = client.get("/health", headers={name: host})
    assert other.status_code == (400 if host in ("..", "a" * 300) else 200)


@pytest.mark.slow
def test_description_needs_a_host(proxied: Flask) -> None:
    answer = proxied.test_client().get("/.well-known/void", headers={"Host": ""})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "wrong-host")
    assert "missing" in answer.get_json()["detail"]
