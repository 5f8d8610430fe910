"""A store on disk as a row of generations: a load makes a new one, and one rename makes it the current one.

    DIR/lrp-kg.json        says that this is a store of ours, and in which format
    DIR/CURRENT            the name of the current generation
    DIR/generations/NAME/  an Oxigraph folder, never changed once it is current
    DIR/generations/NAME.json   what it holds: guideline, counts, loads
    DIR/staging/           what an unfinished load has done already
    DIR/lock               held by the load that is under way

After an interruption at any moment CURRENT names a complete generation; what else is there is swept by the next load.
Where CURRENT is not there, the newest generation with a description is the current one: it is written when all is done.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lrp_kg.errors import StoreError

FORMAT = 2
"""The format that is written; in format 1, which is read too, named graphs hold all that is in them."""

READ = (1, FORMAT)
_NAME = re.compile(r"\d{6,}")
KEPT = 2
"""Generations that are left in place: the current one, and one that readers may still have open."""


@dataclass(frozen=True)
class Generation:
    """A complete dataset: its folder, when it was made, what it was derived with, its loads, and `Homes` as JSON."""

    name: str
    folder: Path
    created: str
    guideline: str
    content: str
    package: str
    records: int
    loads: tuple[dict[str, Any], ...] = field(default=())
    homes: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def description(self) -> Path:
        """The file that says all this."""
        return self.folder.with_suffix(".json")


class Store:
    """A store folder. Reading needs no lock; `write` holds one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # -- reading ----------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Return whether there is a store; raise `StoreError` where the folder is something else."""
        marker = self.folder / "lrp-kg.json"
        try:
            data = json.loads(marker.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            if self.folder.exists() and not self.folder.is_dir():
                raise StoreError(f"{self.folder} is no folder. Name another one.") from None
            if self.folder.is_dir() and not self._is_only_begun():
                raise StoreError(
                    f"{self.folder} is not empty and no store of lrp-kg. It was left alone; name another folder."
                ) from None
            return False
        except (OSError, ValueError) as error:
            raise StoreError(f"{marker} cannot be read: {type(error).__name__}. Restore it from a copy.") from None
        form = data.get("format") if isinstance(data, dict) else None
        if form not in READ:
            raise StoreError(
                f"{self.folder} has the format {form!r}; this version reads {READ[0]} to {READ[-1]}. "
                "Load the records into a new store."
            )
        return True

    def _is_only_begun(self) -> bool:
        """Return whether a folder holds only what a load creates before it writes whose store it is."""
        if {p.name for p in self.folder.iterdir()} - {"generations", "staging", "lock", "lrp-kg.json.draft"}:
            return False
        return not any(any(p.iterdir()) for p in self.folder.iterdir() if p.is_dir())

    def current(self) -> Generation:
        """Return the current generation; raise `StoreError` where there is none."""
        found = self.current_or_none()
        if found is None:
            raise StoreError(
                f"{self.folder} holds no dataset yet. Fill it with: lrp-kg load FILES --store {self.folder}"
            )
        return found

    def current_or_none(self) -> Generation | None:
        """Return the current generation, if there is one."""
        if not self.exists():
            return None
        try:
            name = (self.folder / "CURRENT").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            # a generation has a description once it is complete: CURRENT is lost, or was about to be written
            names = self._described()
            return self._generation(names[-1]) if names else None
        except (OSError, UnicodeDecodeError):
            name = ""
        if not _NAME.fullmatch(name):
            raise StoreError(
                f"{self.folder / 'CURRENT'} is damaged: it holds the name of no generation. Restore it from a copy; "
                f"complete are: {', '.join(self._described()) or 'none'}."
            )
        return self._generation(name)

    def _described(self) -> list[str]:
        files = (self.folder / "generations").glob("*.json")
        return sorted(f.stem for f in files if _NAME.fullmatch(f.stem) and f.with_suffix("").is_dir())

    def _generation(self, name: str) -> Generation:
        folder = self.folder / "generations" / name
        try:
            data = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
            data["loads"] = tuple(data["loads"])
            found = Generation(name=name, folder=folder, **data)
        except (OSError, ValueError, TypeError, KeyError):
            raise StoreError(f"{folder} has no description. Restore the store from a copy.") from None
        if not folder.is_dir():
            raise StoreError(f"{folder} is not there. Restore the store from a copy.")
        return found

    # -- writing ----------------------------------------------------------------------------------

    def mark(self) -> None:
        """Say in which format the store is from now on."""
        write_durably(self.folder / "lrp-kg.json", json.dumps({"store": "lrp-kg", "format": FORMAT}))

    @contextlib.contextmanager
    def write(self) -> Iterator[Writer]:
        """Hold the lock of the store, made where it is not there; raise `StoreError` where another load has it."""
        new = not self.exists()
        (self.folder / "generations").mkdir(parents=True, exist_ok=True)
        (self.folder / "staging").mkdir(exist_ok=True)
        with open(self.folder / "lock", "w", encoding="ascii") as lock:
            import fcntl  # where the system has none, `load` has said so

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StoreError(f"Another load into {self.folder} is under way. Wait until it has ended.") from None
            if new:
                self.mark()
            yield Writer(self)


class Writer:
    """What may be done with a store while its lock is held."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.base = store.current_or_none()
        self.sweep()

    def sweep(self) -> None:
        """Remove generations that were never finished, and those that no reader has open any more."""
        folder = self.store.folder / "generations"
        names = sorted(p.name for p in folder.iterdir() if p.is_dir())
        current = self.base.name if self.base else ""
        finished = [n for n in names if n <= current and (folder / f"{n}.json").is_file()]
        for name in names:
            if name not in finished[-KEPT:]:
                shutil.rmtree(folder / name, ignore_errors=True)
                (folder / f"{name}.json").unlink(missing_ok=True)

    def next_folder(self) -> Path:
        """Return the folder that the next generation is to be made in; it is not there yet."""
        number = int(self.base.name) + 1 if self.base else 1
        return self.store.folder / "generations" / f"{number:06d}"

    def switch(self, folder: Path, **about: Any) -> Generation:
        """Make a finished folder the current generation, durably."""
        sync_tree(folder)
        generation = Generation(name=folder.name, folder=folder, **about)
        data = {k: v for k, v in asdict(generation).items() if k not in ("name", "folder")}
        write_durably(generation.description, json.dumps(data, indent=1))
        self.store.mark()  # before it is current: an earlier version would take it for one of its own
        write_durably(self.store.folder / "CURRENT", folder.name)
        self.base = generation
        return generation


def write_durably(file: Path, text: str) -> None:
    """Write a file so that it is there whole, also after a power failure."""
    draft = file.with_name(f"{file.name}.draft")
    with open(draft, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Make durable what a file holds, or which files a folder has."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make a folder and its files durable."""
    for file in folder.iterdir():
        if file.is_file():
            sync(file)
    sync(folder)
    sync(folder.parent)
