"""The dataset that queries are asked of: the guideline in named graphs, and loaded records with their answers."""
