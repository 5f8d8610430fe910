"""A guideline folder to start from."""
