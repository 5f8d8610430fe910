"""Run the command line: ``python -m lrp_kg.cli``."""

from lrp_kg.cli import main

main()
