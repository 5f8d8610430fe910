"""A report card of a cohort: how many records are in each stage, against the advice, late, or left open, and why."""
