"""Where things are in the repository."""

from pathlib import Path

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
PACKAGE = ROOT / "lrp_kg"
ANKLE = TESTS / "guidelines" / "ankle-sprain"
"""The second guideline, which shows that the package depends on no particular one."""
