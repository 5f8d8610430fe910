"""Invented records of a guideline, drawn by the cohort model in its ontology."""
