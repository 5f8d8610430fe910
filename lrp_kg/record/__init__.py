"""Bytes to a valid record: reading, SHACL validation, derived values."""
