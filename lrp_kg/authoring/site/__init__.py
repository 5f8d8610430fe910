"""A guideline for readers: the pathway as one picture, and a static site with a page for each term."""
