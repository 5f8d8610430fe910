"""What works on Linux only: stores, queries and the service, which need fcntl, fork, /proc and limits of processes."""

from __future__ import annotations

import sys

from lrp_kg.errors import NeedsLinux

AVAILABLE = sys.platform == "linux"


def require_linux() -> None:
    """Raise `NeedsLinux` on another system."""
    if not AVAILABLE:
        raise NeedsLinux(
            f"Stores, queries and the service do not run on {sys.platform}. Run them on Linux: in a container, in a "
            "virtual machine or, on Windows, in WSL. Assessing, validating, checking and drawing work here too."
        )
