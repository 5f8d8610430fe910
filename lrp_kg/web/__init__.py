"""The Flask application: thin blueprints over `lrp_kg.answer.service` and `lrp_kg.research`."""

from lrp_kg.web.application import create_app

__all__ = ["create_app"]
