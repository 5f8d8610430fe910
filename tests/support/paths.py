"""Paths in the repository."""

from pathlib import Path

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
PACKAGE = ROOT / "lrp_kg"
ANKLE = TESTS / "guidelines" / "ankle-sprain"
"""The second, invented guideline."""
