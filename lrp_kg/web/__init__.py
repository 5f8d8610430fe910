"""The Flask application: thin blueprints over `lrp_kg.answer.service` and `lrp_kg.research`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["create_app"]


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """Create the application: see `lrp_kg.web.application.create_app`, which is imported when it is needed."""
    from lrp_kg.web.application import create_app as create

    return create(config)
