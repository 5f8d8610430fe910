"""Decisions to an answer: statements, dates, facts, eligibility; as JSON, RDF and text."""
