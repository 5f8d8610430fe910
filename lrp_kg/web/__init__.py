"""The Flask application: thin blueprints over `lrp_kg.answer.service`."""

from lrp_kg.web.application import create_app

__all__ = ["create_app"]
