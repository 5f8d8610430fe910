"""Run the command line: ``python -m lrp_kg``."""

from lrp_kg.cli import main

main()
