"""The command line: one module per command or group of commands."""

from lrp_kg.cli.main import main

__all__ = ["main"]
