"""The page of a patient in a browser tab: its record, its question, its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.support import browser
from tests.support.browser import Json

SHOWN = "(e => e?.childElementCount > 0 && !('waiting' in e.dataset))(document.querySelector('#answer-body'))"
"""That the page shows an answer, and waits for no other."""


class PatientTab(browser.Tab):
    """A tab with the start page."""

    def open(self, url: str) -> None:
        super().open(url)
        self.wait(SHOWN)

    def go(self, url: str) -> None:
        """Open an address that the page changes, in a tab that keeps what it had."""
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'")
        self.call("Page.navigate", url=url)
        self.wait(SHOWN)

    def sized(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    @property
    def record(self) -> Json:
        return json.loads(self.js("document.getElementById('json').textContent"))

    @property
    def answer(self) -> str:
        """The text of the answer, what is folded included."""
        return re.sub("[ \\n]+", " ", self.js("document.getElementById('answer-body').textContent")).strip()

    @property
    def asked(self) -> str | None:
        """The field of the next question of the answer."""
        return self.js("document.querySelector('#answer-body [data-ask]')?.dataset.ask")

    @property
    def at(self) -> str | None:
        """The field of the one question that the page shows."""
        return self.js("document.querySelector('.one .now[data-field]')?.dataset.field")

    @property
    def given(self) -> Json:
        """The list of what is answered."""
        return dict(
            self.js(
                "[...document.querySelectorAll('#given [data-given]')]"
                ".map((e) => [e.dataset.given, e.querySelector('.value').innerText])"
            )
        )

    @property
    def note(self) -> str:
        return self.js("document.getElementById('note').innerText")

    @property
    def focus(self) -> Json:
        return self.js(
            "(() => { const e = document.activeElement; return {tag: e.tagName, id: e.id, name: e.name ?? '',"
            " field: e.closest('[data-field]')?.dataset.field, inForm: !!e.closest('form'),"
            " text: e.innerText ?? ''}; })()"
        )

    def all_questions(self) -> None:
        """Show all questions at once."""
        if self.js("document.getElementById('record').classList.contains('one')"):
            self.js("document.querySelector('[data-do=switch]').click()")

    def choose(self, field: str, value: str) -> None:
        """Choose a value with the mouse, among all questions, and wait for the answer to it."""
        self.all_questions()
        self.answered(lambda: self.click(f'[data-field="{field}"] input[value="{value}"]'))

    def fill(self, field: str, value: str) -> None:
        """Fill in a date or number as if typed, and wait for the answer to it."""
        self.answered(lambda: self.put(field, value) and self.enter())

    def put(self, field: str, value: str) -> bool:
        """Put a text into the first input of a field, and return whether it has the focus."""
        place = json.dumps(f'[data-field="{field}"] input')
        focused: bool = self.js(
            f"(() => {{ const e = document.querySelector({place}); e.value = {json.dumps(value)};"
            " e.dispatchEvent(new Event('change', {bubbles: true})); return e === document.activeElement; })()"
        )
        return focused

    def answered(self, act: Callable[[], object]) -> None:
        """Do something, and wait until the answer to it has replaced the one before."""
        self.js("document.getElementById('answer-body').firstElementChild.dataset.old = '1'")
        act()
        self.wait(f"{SHOWN} && !('old' in document.getElementById('answer-body').firstElementChild.dataset)")

    # -- one question after the other ------------------------------------------------------------------

    def tap(self, value: Any) -> None:
        """Answer the question that is shown with the mouse, or a finger."""
        here = f'[data-field="{self.at}"]'
        if isinstance(value, list):
            for one in value or ["[]"]:
                self.answered(lambda one=one: self.click(f'{here} label:has(input[value="{one}"])'))
            self.answered(lambda: self.click('[data-do="next"]'))
        elif self.js(f"document.querySelector({json.dumps(here)}).tagName") == "FIELDSET":
            said = json.dumps(value).strip('"')
            self.answered(lambda: self.click(f'{here} label:has(input[value="{said}"])'))
        else:
            self.put(str(self.at), str(value))
            self.answered(lambda: self.click('[data-do="next"]'))

    def press(self, value: Any) -> None:
        """Answer the question that is shown by keyboard: it has the focus."""
        here = f"document.querySelector('[data-field=\"{self.at}\"]')"
        if isinstance(value, list):
            for one in value or ["[]"]:
                key = self.js(f"{here}.querySelector('input[value=\"{one}\"]').labels[0].dataset.key")
                self.answered(lambda key=key: self.type(key))
            self.answered(self.enter)
        elif self.js(f"{here}.tagName") == "FIELDSET":
            said = json.dumps(value).strip('"')
            key = self.js(f"{here}.querySelector('input[value=\"{said}\"]').labels[0].dataset.key")
            self.answered(lambda: self.type(key))
        elif isinstance(value, int):
            self.type(str(value))
            self.answered(self.enter)
        else:
            parts = {"month": value[5:7], "day": value[8:], "year": value[:4]}
            order = self.js("new Intl.DateTimeFormat().formatToParts().map((p) => p.type)")
            self.type("".join(parts[name] for name in order if name in parts))
            self.answered(self.enter)

    def type(self, text: str) -> None:
        for letter in text:
            self.key(letter, ord(letter), letter)
