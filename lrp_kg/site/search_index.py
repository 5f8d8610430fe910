"""Finds texts by the words of a question: without accents and case, by the beginnings of words, best match first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lrp_kg.site.lists import sorting_key
from lrp_kg.words import LANGUAGES, Text

MOST_WORDS = 8
"""Words of a question that are looked for; further ones only narrow what is found."""

EXACT, BEGINS, LABEL, TEXT, WITHIN = range(5)
"""How well something fits: its label is the question, begins with it or has its words; its texts have them, or its
label words that hold them; or its texts such words."""

_WORD = re.compile(r"[^\W_]+")
_SHORT = 4
"""Letters from which a word is also looked for within others, as in compounds."""


@dataclass(frozen=True)
class Searchable:
    """Something that is found: its labels (the first is shown), names that are the same in each language, and texts.

    ``address`` is that of its page, within the guide unless it begins with a slash; ``about`` is what it is part of.
    """

    kind: str
    id: str
    iri: str
    address: str
    labels: tuple[Text, ...]
    names: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    about: Text = field(default_factory=dict)


class Hit(NamedTuple):
    """Something found: how well it fits, and by its words of which language."""

    item: Searchable
    fit: int
    lang: str


class _Words:
    """The words of some texts and where each is; asked by the beginning of a word."""

    def __init__(self, texts: Mapping[int, Iterator[str]]) -> None:
        self.places: dict[str, set[int]] = {}
        for number, own in texts.items():
            for text in own:
                for word in words_of(text):
                    self.places.setdefault(word, set()).add(number)
        self.sorted = sorted(self.places)

    def beginning(self, word: str) -> set[int]:
        """Return where a word begins with this one; a number or a single letter is a whole word."""
        if word.isdigit() or len(word) == 1:
            return self.places.get(word, set())
        found: set[int] = set()
        for known in self.sorted[bisect_left(self.sorted, word) :]:
            if not known.startswith(word):
                break
            found |= self.places[known]
        return found

    def within(self, word: str) -> set[int]:
        """Return where a word has this one somewhere within it."""
        return set().union(*(self.places[known] for known in self.sorted if word in known))


class _Language:
    """The words of labels and of all texts in one language, and the labels as wholes."""

    def __init__(self, items: Sequence[Searchable], lang: str) -> None:
        own = [[t[lang] for t in item.labels if lang in t] for item in items]
        self.labels = [[plain(text) for text in labels] for labels in own]
        self.label_words = _Words({n: iter(labels) for n, labels in enumerate(own)})
        self.words = _Words(
            {
                n: iter([*own[n], *item.names, *(t[lang] for t in (*item.texts, item.about) if lang in t)])
                for n, item in enumerate(items)
            }
        )


class SearchIndex:
    """An index over things; those of an earlier kind come first where both fit as well.

    A label that begins with the question comes before others only if it is of a kind in ``leading``.
    """

    def __init__(self, items: Sequence[Searchable], kinds: Sequence[str], leading: Sequence[str] = ()) -> None:
        self.items = sorted(items, key=lambda item: kinds.index(item.kind))
        self.ranks = [kinds.index(item.kind) for item in self.items]
        self.last = len(kinds) - 1
        self.leading = {kinds.index(kind) for kind in leading}
        self.names: dict[str, set[int]] = {}
        for number, item in enumerate(self.items):
            for name in (item.id, item.iri, *item.names):
                self.names.setdefault(plain(name), set()).add(number)
        self.languages = {lang: _Language(self.items, lang) for lang in LANGUAGES}

    def find(self, question: str, lang: str) -> tuple[list[Hit], bool]:
        """Return what has every word of a question, in the language first, and whether it has every one.

        Where nothing has every word, what has some of them is returned, the most first.
        """
        wanted = words_of(question)[:MOST_WORDS]
        if not wanted:
            return [], True
        found: dict[int, Hit] = {}
        for own in (lang, *(code for code in LANGUAGES if code != lang)):
            fits = self._fits(plain(question), wanted, own, compounds=own == lang)
            for number, fit in sorted(fits.items(), key=self._order):
                found.setdefault(number, Hit(self.items[number], fit, own))
        return (list(found.values()), True) if found else (self._some(wanted, lang), False)

    def _order(self, pair: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return the key of a thing and how it fits: by its label or not, then its kind, then how it fits.

        What is exactly asked for comes first, unless it is of the last kind.
        """
        number, fit = pair
        rank = self.ranks[number]
        by_label = (fit == BEGINS and rank not in self.leading) or (fit == EXACT and rank == self.last)
        return LABEL if by_label else fit, rank, fit, number

    def _fits(self, question: str, wanted: Sequence[str], lang: str, *, compounds: bool) -> dict[int, int]:
        own = self.languages[lang]
        in_labels = set.intersection(*(own.label_words.beginning(word) for word in wanted))
        anywhere = set.intersection(*(own.words.beginning(word) for word in wanted))
        fits = dict.fromkeys(anywhere, TEXT) | dict.fromkeys(in_labels, LABEL)
        if compounds:
            within_labels, within = (
                set.intersection(*(_beginning_or_within(words, word) for word in wanted))
                for words in (own.label_words, own.words)
            )
            fits = dict.fromkeys(within, WITHIN) | dict.fromkeys(within_labels, TEXT) | fits
        fits |= {n: BEGINS for n in in_labels if any(label.startswith(question) for label in own.labels[n])}
        fits |= dict.fromkeys(self.names.get(question, ()), EXACT)
        return fits | {n: EXACT for n in in_labels if question in own.labels[n]}

    def _some(self, wanted: Sequence[str], lang: str) -> list[Hit]:
        counts: dict[int, int] = {}
        for word in wanted:
            for number in self.languages[lang].words.beginning(word):
                counts[number] = counts.get(number, 0) + 1
        best = sorted(counts, key=lambda n: (-counts[n], n))
        return [Hit(self.items[n], TEXT, lang) for n in best]


def _beginning_or_within(words: _Words, word: str) -> set[int]:
    return words.within(word) if len(word) >= _SHORT else words.beginning(word)


def plain(text: str) -> str:
    """Return a text as it is compared: without accents, case and the room around it."""
    return " ".join(sorting_key(text).split())


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared, each once."""
    return list(dict.fromkeys(_WORD.findall(sorting_key(text))))


def marked(text: str, question: str) -> list[tuple[str, bool]]:
    """Return the parts of a text, and whether a word of the question begins or is within each."""
    wanted = words_of(question)[:MOST_WORDS]
    parts: list[tuple[str, bool]] = []
    end = 0
    for match in _WORD.finditer(text):
        word = sorting_key(match[0])
        if any(word == w if w.isdigit() or len(w) == 1 else word.startswith(w) or _has(word, w) for w in wanted):
            parts += [(text[end : match.start()], False), (match[0], True)]
            end = match.end()
    return [(part, hit) for part, hit in (*parts, (text[end:], False)) if part]


def _has(word: str, wanted: str) -> bool:
    return len(wanted) >= _SHORT and wanted in word
