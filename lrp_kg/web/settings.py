"""The settings of the service: the one table of their names, kinds, defaults and meanings."""

from __future__ import annotations

import re

from lrp_kg.effort import Effort
from lrp_kg.errors import WrongPrefix
from lrp_kg.record.lines import LONGEST
from lrp_kg.research.engine.model import Limits
from lrp_kg.settings import SWITCH, TEXT, Kind, Setting, seconds, whole

_PART = re.compile(r"[A-Za-z0-9._~-]+")


def prefix_of(text: str) -> str:
    """Return a prefix as ``/a/b``, empty for ``/``; raise `WrongPrefix` unless it is a plain path."""
    path = text.strip(" \t")
    if not path.strip("/"):
        return ""
    parts = path.removeprefix("/").removesuffix("/").split("/")
    if not all(_PART.fullmatch(part) and part.strip(".") for part in parts):
        raise WrongPrefix(
            f"{text[:80]!r} is not a path prefix. Write it as /lrp or /apps/lrp: parts of letters, digits and - . _ ~."
        )
    return "/" + "/".join(parts)


def _prefix(value: object) -> str:
    return prefix_of(TEXT.convert(value))


_TABLE = (
    Setting("HOST", TEXT, "127.0.0.1", "address or name to listen on", "--host"),
    Setting("PORT", whole(0, 65535), 8000, "port; 0 takes a free one", "--port"),
    Setting("WORKERS", whole(1, 64), 1, "worker processes", "--workers"),
    Setting(
        "PROXIES",
        whole(0, 8),
        0,
        "proxies in front that add X-Forwarded-For, -Proto, -Host and -Prefix; with 0 these headers are ignored",
        "--proxies",
    ),
    Setting(
        "PREFIX",
        Kind("a path such as /lrp, of letters, digits and - . _ ~", _prefix),
        "",
        "path under which a proxy shows the service, where it sends no X-Forwarded-Prefix",
        "--prefix",
    ),
    Setting("GUIDELINE", TEXT, None, "guideline folder, in place of the low back pain guideline", "--guideline"),
    Setting("RELOAD", SWITCH, False, "load the guideline again after an edit; keep the last good version", "--reload"),
    Setting("STORE", TEXT, None, "store folder, or address of a SPARQL 1.1 endpoint", "--store"),
    Setting("STORE_CREDENTIALS", TEXT, None, "file with user:password or a bearer token for that endpoint"),
    Setting("TOKEN_FILE", TEXT, None, "file of access tokens, one a line, for a store with records", "--token-file"),
    Setting("METRICS", SWITCH, False, "serve figures for Prometheus at /metrics", "--metrics"),
    Setting("MAX_BODY", whole(1), LONGEST, "bytes of a body, or of a line of NDJSON"),
    Setting("RECORD_SECONDS", seconds(10**6), Effort.seconds, "CPU seconds that one record or line may need"),
    Setting("RECORD_MEMORY", whole(1), Effort.memory, "bytes by which the process may grow for one record or line"),
    *Limits.settings(),
    Setting("CACHE", TEXT, None, "cache folder, in place of that of the user"),
)
SETTINGS = {setting.name: setting for setting in _TABLE}
"""Each setting by its name without ``LRP_``."""
