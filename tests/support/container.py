"""The surroundings of a container without its engine: another user, a read-only root, one temporary folder."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.paths import ROOT

USER = "54321"
"""A user and group that no account has."""

SCRIPT = """
set -e
hold=$(mktemp -d)
trap 'rmdir "$hold" 2>/dev/null || true' EXIT
mount -t tmpfs none "$hold"
{keep}
{open}
mount -t tmpfs -o mode=1777 none {writable}
mount -o remount,bind,ro /
cd /
exec setpriv --reuid {user} --regid {user} --clear-groups env -i {settings} "$@"
"""


def possible() -> bool:
    """Return whether this user may make such surroundings: root, with mounts of its own."""
    if os.getuid() or not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        return False
    return (
        subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0
    )


def closed_above(path: Path) -> Path | None:
    """Return the highest folder above a path that other users may not enter."""
    return next((p for p in reversed([path, *path.parents]) if not p.stat().st_mode & 0o001), None)


def contained(command: Sequence[str], writable: Path, readable: Sequence[Path] = (), **settings: str) -> list[str]:
    """Return a command that runs another one in such surroundings, with these settings alone.

    Only the folder ``writable`` can be written, and begins empty. Folders that other users may not enter are opened
    for Python, the package, ``readable`` and ``writable``, and else are empty.
    """
    needed = [Path(p).resolve() for p in (sys.base_prefix, sys.prefix, ROOT, writable, *readable)]
    closed = {path: found for path in dict.fromkeys(needed) if (found := closed_above(path))}
    quoted = {path: shlex.quote(str(path)) for path in needed}
    keep, opened = [], [f"mount -t tmpfs -o mode=755 none {shlex.quote(str(p))}" for p in sorted(set(closed.values()))]
    for number, path in enumerate(closed):
        keep.append(f'mkdir "$hold/{number}" && mount --rbind {quoted[path]} "$hold/{number}"')
        opened.append(f'mkdir -p {quoted[path]} && mount --rbind "$hold/{number}" {quoted[path]}')
    script = SCRIPT.format(
        keep="\n".join(keep),
        open="\n".join(opened),
        writable=quoted[Path(writable).resolve()],
        user=USER,
        settings=" ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items()),
    )
    return ["unshare", "-m", "sh", "-c", script, "sh", *command]
