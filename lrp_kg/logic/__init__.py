"""Criteria to verdicts to decisions: cells, SPARQL, decision diagrams, certain answers."""
