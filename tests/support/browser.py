"""Headless Chromium for tests of pages, controlled through its debugging pipe without a driver."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=SpareRendererForSitePerProcess",
    "--remote-debugging-pipe",
)
PATIENCE = 20.0
"""Seconds before a browser command counts as failed."""
SETTLING = 0.02
"""Seconds in which a page that scrolls is seen to move."""

# -- the browser -------------------------------------------------------------------------------------------


class Refused(Exception):
    """The browser refuses a command, for example during navigation."""


class Browser:
    """Chromium and the pipe to it: messages are JSON, each ended by a null byte."""

    def __init__(self, profile: Path) -> None:
        read_here, write_there = os.pipe()
        read_there, self.write = os.pipe()
        self.read = read_here
        # The browser reads from descriptor 3 and writes to 4; an intermediate process puts the pipes there.
        step = "import os, sys; [os.dup2(int(sys.argv[i]), i + 2) for i in (1, 2)]; os.execv(sys.argv[3], sys.argv[3:])"
        first = 20  # above 3 and 4, so that neither is overwritten before it is copied
        inside = [copied(read_there, first), copied(write_there, first)]
        command = [sys.executable, "-c", step, *map(str, inside), str(CHROMIUM), *FLAGS]
        self.process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=inside,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for end in (read_there, write_there, *inside):
            os.close(end)
        self.number = 0
        self.buffer = b""
        self.events: list[Json] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> Json:
        """Send a command and return its result; events that arrive meanwhile are kept."""
        self.number += 1
        message: Json = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            for found in self.messages(deadline):
                if found.get("id") == self.number:
                    if "error" in found:
                        raise Refused(method, found["error"])
                    result: Json = found["result"]
                    return result
                self.events.append(found)

    def messages(self, deadline: float) -> Iterator[Json]:
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self.read, 1 << 20)
            assert data, "the browser is gone"
            self.buffer += data
        whole, _, self.buffer = self.buffer.partition(b"\0")
        yield json.loads(whole)

    def close(self) -> None:
        try:
            self.call("Browser.close")
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(PATIENCE)
            os.close(self.read)
            os.close(self.write)


def copied(descriptor: int, lowest: int) -> int:
    """Copy a file descriptor to the first free number that is not below the lowest."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, lowest)


class Tab:
    """A separate tab, with its errors and its requests."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        self.context = context
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Json:
        return self.browser.call(method, self.session, **params)

    def close(self) -> None:
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)

    def begin(self, url: str) -> None:
        """Open an address as in a new tab, which would cost a second process; forget what was seen before."""
        self.call("Emulation.clearDeviceMetricsOverride")
        self.js("try { sessionStorage.clear() } catch { /* the page may have none */ }")
        if "#" in url:  # a new fragment alone would load nothing; for any other address the detour costs a process
            Tab.open(self, "about:blank")
        self.browser.events.clear()
        self.open(url)
        requests = (i for i, event in enumerate(self.browser.events) if event["params"].get("type") == "Document")
        del self.browser.events[: next(requests, 0)]  # of the page before

    def js(self, expression: str) -> Any:
        """Return the value of an expression in the page; it may be a promise."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Wait until an expression is true, and return its value."""
        deadline = time.monotonic() + PATIENCE
        value = None
        while not value:
            assert time.monotonic() < deadline, (expression, self.js("document.body.innerText"))
            try:
                value = self.js(expression)
            except Refused:
                value = None
            time.sleep(0 if value else 0.02)
        return value

    def open(self, url: str) -> None:
        self.js("window.pageBefore = true")
        other = "!window.pageBefore && " if "loaderId" in self.call("Page.navigate", url=url) else ""
        self.wait(f"{other}location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def picture(self, file: Path, width: int = 1280, height: int = 900) -> None:
        """Write a screenshot as PNG file."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def key(self, key: str, code: int, text: str = "", modifiers: int = 0) -> None:
        common: Json = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def tab(self) -> None:
        self.key("Tab", 9)

    def enter(self) -> None:
        self.key("Enter", 13, "\r")

    def space(self) -> None:
        self.key(" ", 32, " ")

    def click(self, selector: str) -> None:
        """Click in the middle of an element, once it stays there: a page that has just come may still scroll."""
        place, before = self._middle(selector), None
        while place != before:
            time.sleep(SETTLING)
            place, before = self._middle(selector), place
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def _middle(self, selector: str) -> Any:
        """Bring an element into view, and return the point in its middle."""
        return self.js(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, exceptions, and violations of the policy."""
        self.js("0")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            kind, what = event["method"], event["params"]
            if kind == "Runtime.exceptionThrown":
                found.append(json.dumps(what["exceptionDetails"]))
            elif kind == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(what["args"]))
            elif kind == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
                found.append(f"{what['entry']['source']}: {what['entry']['text']}")
            elif kind == "Audits.issueAdded" and "ContentSecurityPolicy" in what["issue"]["code"]:
                found.append(json.dumps(what["issue"]))
        return found

    def requests(self) -> list[str]:
        """Return the addresses that the page requested."""
        return [
            event["params"]["request"]["url"]
            for event in self.browser.events
            if event.get("sessionId") == self.session
            and event["method"] == "Network.requestWillBeSent"
            and not event["params"]["request"]["url"].startswith("data:")  # the browser's own icons
        ]
