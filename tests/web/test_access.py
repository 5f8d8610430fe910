"""The token of a request, as Bearer or by HTTP Basic; what proxies say of a request."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lrp_kg import GuidelineService
from lrp_kg.web import access as web_access
from lrp_kg.web import application, create_app
from lrp_kg.web.proxies import believe

TOKENS = ("a-token-of-the-tests-only", "ein-schlüssel-mit-ü", "with:colons:in-the-token", "with spaces in the token")
CURL, BROWSER = "curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def app(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application that believes that it has records; /query needs the token, and no engine."""
    file = tmp_path_factory.mktemp("tokens") / "tokens"
    file.write_text("\n".join(TOKENS), encoding="utf-8")
    file.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "GuidelineService", lambda folder=None: service)
        patch.setattr(web_access, "engines", lambda: SimpleNamespace(store="x"))
        patch.setattr(web_access, "engine", lambda: SimpleNamespace(has_records=True))
        yield create_app({"GUIDELINE": None, "TOKEN_FILE": file, "PROXIES": 2})


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.extensions["lrp_kg_access"]._failed.clear()
    return app.test_client()


def ask(client: FlaskClient, header: str | None, **headers: str) -> TestResponse:
    sent = {"User-Agent": CURL, **headers} | ({"Authorization": header} if header is not None else {})
    return client.get("/query", headers=sent)


def basic(text: str | bytes, kind: str = "Basic") -> str:
    return f"{kind} {base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()}"


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("user", ["token", "", "Ünal", "a b"])
@pytest.mark.exhaustive
def test_token_is_the_password_of_any_user(client: FlaskClient, user: str, token: str) -> None:
    for kind in ("Basic", "basic", "BASIC", "Basic  "):
        assert ask(client, basic(f"{user}:{token}", kind)).status_code == 200


REFUSED = {
    "no colon": basic(TOKENS[0]),
    "token as user": basic(f"{TOKENS[0]}:"),
    "wrong token": basic("token:not-a-token-of-the-tests"),
    "part of a token": basic(f"token:{TOKENS[0][:-1]}"),
    "part behind a colon": basic("token:colons:in-the-token"),
    "plain": f"Basic token:{TOKENS[0]}",
    "not base64": "Basic ???",
    "half": basic(f"token:{TOKENS[0]}")[:-3],
    "no ASCII": "Basic é",
    "not UTF-8": basic(b"token:ein-schl\xfcssel-mit-\xfc"),
    "null": basic(f"token:{TOKENS[0]}\0"),
    "empty": "Basic",
    "nothing": "Basic ",
    "two": f"{basic('a:b')}, Bearer {TOKENS[0]}",
    "another scheme": f"Digest {TOKENS[0]}",
    "bearer with a user": basic(f"token:{TOKENS[0]}", "Bearer"),
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED)
def test_what_is_no_token_is_refused(client: FlaskClient, header: str) -> None:
    answer = ask(client, header)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "token-needed")
    assert "Basic" in answer.get_json()["detail"]
    assert TOKENS[0] not in answer.text


def test_wrong_passwords_are_counted(client: FlaskClient) -> None:
    wrong = basic("token:not-a-token-of-the-tests")
    assert [ask(client, wrong).status_code for _ in range(web_access.ATTEMPTS + 1)] == [401] * web_access.ATTEMPTS + [
        429
    ]
    assert ask(client, basic(f"token:{TOKENS[0]}")).status_code == 429


@pytest.mark.parametrize(
    ("headers", "basic_too"),
    [({}, True), ({"User-Agent": "Java/17.0.2"}, True), ({"User-Agent": ""}, True), ({"User-Agent": BROWSER}, False)],
)
def test_basic_is_offered_to_programs(client: FlaskClient, headers: dict[str, str], basic_too: bool) -> None:
    answer = ask(client, None, **headers)
    assert answer.status_code == 401
    offers = ['Basic realm="lrp-kg", charset="UTF-8"', 'Bearer realm="lrp-kg"']
    assert set(answer.vary) == {"Accept", "Accept-Language", "Authorization", "Cookie"}
    assert answer.headers.getlist("WWW-Authenticate") == offers[0 if basic_too else 1 :]
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


def test_browser_is_led_to_the_login(client: FlaskClient) -> None:
    answer = ask(client, None, **{"User-Agent": BROWSER, "Accept": "text/html"})
    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (303, None)
    assert "?" not in parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]


def test_only_refusals_offer_a_way_in(client: FlaskClient) -> None:
    assert client.get("/health").headers.get("WWW-Authenticate") is None


@pytest.mark.parametrize(
    ("proxies", "scheme", "host", "expected"),
    [
        (1, "https", "a.example", "https://a.example/"),
        (2, "https", "a.example", "https://a.example/"),  # the inner one passes it on
        (2, "https,http", "a.example, b.example", "https://a.example/"),
        (2, "http, https, http", "evil.example,a.example,b.example", "https://a.example/"),
        (1, "https, http", "evil.example, a.example", "http://a.example/"),
        (2, "HTTPS", "", "https://inner:81/"),
        (2, " https ", "a.example:444", "https://a.example:444/"),
        (2, "", "", "http://inner:81/"),
        (2, "javascript", "", "http://inner:81/"),
        (2, "https,", "", "https://inner:81/"),
        (0, "https", "a.example", "http://inner:81/"),
    ],
)
def test_outermost_proxy_is_believed(proxies: int, scheme: str, host: str, expected: str) -> None:
    app = Flask("behind")
    app.add_url_rule("/", view_func=lambda: request.host_url)
    believe(app, proxies)
    headers = {"X-Forwarded-Proto": scheme, "X-Forwarded-Host": host, "Host": "inner:81"}
    assert app.test_client().get("/", headers=headers).text == expected


def test_cookie_of_the_login_is_secure_behind_two_proxies(client: FlaskClient) -> None:
    for scheme, secure in (("https", True), ("https, http", True), ("http", False), ("", False)):
        form: Any = {"token": TOKENS[0], "next": "/query"}
        answer = client.post("/login", data=form, headers={"X-Forwarded-Proto": scheme, "Accept": "text/html"})
        assert answer.status_code == 303
        assert ("Secure" in answer.headers["Set-Cookie"]) is secure, scheme
