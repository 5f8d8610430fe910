"""Cohorts in columns: a table of records in, a table of answers out, with the verdicts of the diagrams."""
