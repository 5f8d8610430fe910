"""Cohorts on Spark: the same columns, worked out by the workers of a cluster."""
