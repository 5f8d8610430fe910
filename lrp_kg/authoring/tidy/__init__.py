"""Lays out what an ontology editor has saved along the committed file."""
