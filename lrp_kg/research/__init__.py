"""What researchers use: stores of records, the query engine, the catalogue, invented cohorts."""
