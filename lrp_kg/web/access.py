"""Access to a store with records: clients that send a token, or browsers that logged in with one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import stat
import threading
import time
from collections import OrderedDict, deque
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, Response, current_app, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface

from lrp_kg.errors import TokenFileError, TooManyAttempts, Unauthorised, UnreadableFile
from lrp_kg.text_files import read_text
from lrp_kg.web.engine import engine, engines
from lrp_kg.web.html import html
from lrp_kg.web.negotiation import accepted, depends_on, language

SHORTEST = 16
"""Least number of characters of a token."""

ATTEMPTS = 20
"""Wrong tokens from one address within a minute, after which all its tokens are rejected until that minute ends."""

ADDRESSES = 1000
"""Addresses whose wrong tokens are counted; the one with the oldest last attempt is dropped first."""

blueprint = Blueprint("access", __name__)


def read_tokens(file: str | Path | None) -> tuple[str, ...]:
    """Return the tokens of a file, one a line; ``#`` begins a comment. Raise `TokenFileError` if it has none."""
    if not file:
        return ()
    try:
        text = read_text(Path(file), secret=True)
    except UnreadableFile as error:
        raise TokenFileError(f"{error.message} Correct --token-file {file}.") from None
    tokens = tuple(line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    short = [n for n, t in enumerate(tokens, 1) if len(t) < SHORTEST]
    if not tokens or short:
        what = f"token {short[0]} has fewer than {SHORTEST} characters" if short else "it holds no token"
        raise TokenFileError(f"{file}: {what}. Write one long random token a line.")
    return tokens


def warning_of_others(file: str | Path | None) -> str | None:
    """Return a sentence for the operator if others can read a file of tokens."""
    if not file or not os.stat(file).st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return None
    return f"Others can read {file}; chmod 600 {file} makes it private."


def demand_token(tokens: tuple[str, ...], records: bool) -> None:
    """Raise `TokenFileError` if the store has records and there are no tokens."""
    if records and not tokens:
        raise TokenFileError(
            "The store holds patient records, and access to them needs a token. Write a long random token to a "
            "file, and name that file with --token-file or LRP_TOKEN_FILE."
        )


class Sessions(SecureCookieSessionInterface):
    """Sessions with a secure cookie if the request came over TLS."""

    def get_cookie_path(self, app: Flask) -> str:
        """Return the prefix of the service: the browser sends the cookie to nothing else on the same host."""
        return request.script_root or "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the browser may send the cookie over TLS only."""
        return request.is_secure


class Access:
    """The tokens of an application and the count of wrong attempts."""

    def __init__(self, app: Flask) -> None:
        self.tokens = read_tokens(app.config["TOKEN_FILE"])
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()
        app.session_interface = Sessions()
        app.secret_key = hashlib.sha256("\n".join(("lrp-kg session", *self.tokens)).encode()).digest()
        app.config.update(
            SESSION_COOKIE_NAME="lrp_session",
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Strict",
            PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        )

    def mark(self, token: str, address: str) -> str | None:
        """Return the mark of a valid token, kept in a session, else ``None``; raise after too many wrong tokens."""
        with self._lock:
            failed = self._failed.get(address, deque(maxlen=ATTEMPTS))
            if len(failed) == ATTEMPTS and time.monotonic() - failed[0] < 60:
                raise TooManyAttempts("Too many wrong tokens were sent. Wait a minute and send the right one.")
            sent = token.encode()
            right = [t for t in self.tokens if hmac.compare_digest(t.encode(), sent)]
            if not right:
                failed.append(time.monotonic())
                self._failed[address] = failed
                self._failed.move_to_end(address)
                if len(self._failed) > ADDRESSES:
                    self._failed.popitem(last=False)
                return None
        return _mark(right[0])

    def knows(self, mark: object) -> bool:
        """Return whether a mark is that of a token that is still valid."""
        return isinstance(mark, str) and any(hmac.compare_digest(mark, _mark(t)) for t in self.tokens)


def _mark(token: str) -> str:
    return hashlib.sha256(f"lrp-kg mark {token}".encode()).hexdigest()[:32]


def access() -> Access:
    """Return the access rules of the application."""
    return cast(Access, current_app.extensions["lrp_kg_access"])


def guard() -> Response | None:
    """Admit a request if there are no records or it has a token; redirect browsers to the login page."""
    if request.method == "OPTIONS" or not engines().store or not engine().has_records:
        return None  # without a store there are no records, whether the engine is ready or not
    depends_on("Accept", "Authorization", "Cookie")
    sent = request.headers.get("Authorization", "")
    token = _token(sent)
    if token is not None and access().mark(token, request.remote_addr or "") is not None:
        return None
    if access().knows(session.get("mark")):
        return None
    if request.method == "GET" and not sent and "text/html" in request.headers.get("Accept", ""):
        return cast(Response, redirect(url_for("access.login", next=_here(), lang=language()), 303))
    raise Unauthorised(
        "This service holds patient records. Send Authorization: Bearer with an access token, or Authorization: Basic "
        "with any user name and the token as password."
    )


def _token(header: str) -> str | None:
    """Return the token of an Authorization header: that of Bearer, the password of Basic (RFC 7617)."""
    kind, _, sent = header.partition(" ")
    if kind.lower() == "bearer":
        return sent.strip()
    if kind.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(sent.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return password.strip() if colon else None


def offer_basic(response: Response) -> Response:
    """Offer Basic to clients that wait for it; browsers, all of them "Mozilla", would open a dialog over the page."""
    if "WWW-Authenticate" in response.headers and not request.user_agent.string.startswith("Mozilla/"):
        offers = response.headers.getlist("WWW-Authenticate")
        response.headers.setlist("WWW-Authenticate", ['Basic realm="lrp-kg", charset="UTF-8"', *offers])
    return response


@blueprint.get("/login")
def login() -> Response:
    """Ask for a token."""
    return _page(wrong=False)


@blueprint.post("/login")
def log_in() -> Response:
    """Begin a session with a valid token."""
    mark = access().mark(request.form.get("token", "").strip(), request.remote_addr or "")
    if mark is None:
        return _page(wrong=True)
    session.permanent = True
    session["mark"] = mark
    return cast(Response, redirect(_own(request.form.get("next", "")), 303))


@blueprint.post("/logout")
def log_out() -> Response:
    """End a session."""
    session.clear()
    return cast(Response, redirect(url_for("pages.index"), 303))


def _here() -> str:
    return request.script_root + request.full_path.removesuffix("?")


def _own(target: str) -> str:
    """Return an address of this service; the start page for any other address."""
    parts = urlsplit(target)
    path = unquote(parts.path)
    own = not parts.scheme and not parts.netloc and target.startswith(f"{request.script_root}/")
    plain = (
        target.isprintable() and not path.startswith(("//", "/\\")) and ".." not in path.replace("\\", "/").split("/")
    )
    return target if own and plain else url_for("pages.index")


def _page(*, wrong: bool) -> Response:
    accepted({"text/html": "html"})
    return html(
        "login.html",
        language(),
        status=401 if wrong else 200,
        headers={"Cache-Control": "no-store"},
        next=_own(request.values.get("next", "")),
        wrong=wrong,
        inside=access().knows(session.get("mark")),
    )
