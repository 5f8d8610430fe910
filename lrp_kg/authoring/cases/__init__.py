"""A guideline's own test cases: read, run, and what of the guideline they touch."""
