"""The catalogue of queries: files with a header that says what each asks, of which parameters, and what it gives."""
