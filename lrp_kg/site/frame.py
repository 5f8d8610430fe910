"""What surrounds the content of every page, in the service and in written files: navigation, languages, foot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.sources import printed_sources, read_since
from lrp_kg.namespaces import DCTERMS, OWL
from lrp_kg.words import LANGUAGES, Words, phrase

HOME, ALPHABETICAL, CHANGES = "index.html", "alphabetical.html", "changes.html"


@dataclass(frozen=True)
class NavigationPlace:
    """An entry of the navigation; ``here`` is the value of ``aria-current``, ``short`` its words in a narrow window."""

    words: str
    short: str
    href: str
    here: str = ""


@dataclass(frozen=True)
class LanguageLink:
    """The address of the same page in another language."""

    code: str
    name: str
    href: str
    here: bool


@dataclass(frozen=True)
class FootSource:
    """A source of the guideline in the foot."""

    label: str
    version: str
    href: str


class FrameWords(Words):
    """The words of a language for header and foot."""

    prefix = "site-"


_SHORT = {"place-pathway": "place-pathway-short", "place-queries": "place-queries-short"}
"""Words for places whose own are too long for a phone."""


@dataclass(frozen=True)
class Frame:
    """The frame of one page.

    ``guide`` leads to the reading pages of all languages, ``service`` to the start of the service (``None`` in written
    files, which have no addresses but their own); both end with a slash. ``here`` is the place that the page is in, by
    its phrase.
    """

    guideline: Guideline
    lang: str
    guide: str
    service: str | None
    languages: tuple[LanguageLink, ...]
    here: str = ""

    @property
    def words(self) -> Words:
        """Return the words of header and foot."""
        return FrameWords(self.lang)

    @property
    def name(self) -> str:
        """Return the name of the guideline."""
        return self.words.text(self.guideline.label)

    @property
    def short_name(self) -> str:
        """Return the short name of the guideline; its name where it has none."""
        graph = self.guideline.index.graph
        return self.words.text(graph.texts(iri(self.guideline.iri), DCTERMS + "alternative")) or self.name

    @property
    def home(self) -> str:
        """Return the address to which the name of the guideline leads."""
        return f"{self.guide}{self.lang}/{HOME}" if self.service is None else f"{self.service}?lang={self.lang}"

    @property
    def base(self) -> str | None:
        """Return what scripts put before the addresses of the service."""
        return None if self.service is None else self.service.removesuffix("/")

    @property
    def places(self) -> tuple[NavigationPlace, ...]:
        """Return the navigation, the same on every page; written files have only their own places."""
        own = {
            "place-pathway": f"{self.guide}{self.lang}/{HOME}",
            "place-alphabetical": f"{self.guide}{self.lang}/{ALPHABETICAL}",
        }
        found: Mapping[str, str] = own
        if self.service is not None:
            end = f"?lang={self.lang}"
            others = {"place-queries": f"{self.service}queries{end}", "place-sparql": f"{self.service}query{end}"}
            found = {"place-patient": f"{self.service}{end}", **own, **others}
        return tuple(self._place(name, href) for name, href in found.items())

    def _place(self, name: str, href: str) -> NavigationPlace:
        words = self.words.say(name)
        short = self.words.say(_SHORT[name]) if name in _SHORT else words
        return NavigationPlace(words, short, href, "true" if name == self.here else "")

    @property
    def sources(self) -> tuple[FootSource, ...]:
        """Return the sources that the guideline names as its own, with their versions."""
        from lrp_kg.site.catalogue import slug

        graph = self.guideline.index.graph
        return tuple(
            FootSource(
                self.words.text(s.label),
                self.words.text(graph.texts(iri(s.iri), OWL + "versionInfo")),
                f"{self.guide}{self.lang}/source/{slug(s.iri)}.html",
            )
            for s in printed_sources(self.guideline)
        )

    @property
    def all_sources(self) -> str:
        """Return the address of the page of sources."""
        return f"{self.guide}{self.lang}/source/{HOME}"

    @property
    def read_since(self) -> str:
        """Return the month as of which all sources were read."""
        return read_since(self.guideline)

    @property
    def made_from(self) -> str:
        """Return which version of the guideline this is."""
        g = self.guideline
        said = self.words.say("made-from", guideline=g.id, version=g.version, hash=g.content_hash[:12])
        changed = g.index.graph.one(iri(g.iri), DCTERMS + "modified")
        return said + (self.words.say("changed-on", date=changed.value) if changed else "") + "."


def language_links(lang: str, addresses: Mapping[str, str]) -> tuple[LanguageLink, ...]:
    """Return the links to a page in each language; ``addresses`` are by language."""
    return tuple(LanguageLink(c, phrase("language-name", c), addresses[c], c == lang) for c in LANGUAGES)
