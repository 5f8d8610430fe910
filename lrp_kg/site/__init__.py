"""A guideline for readers: the pathway as a picture, and a static site with a page for each term."""
