"""A folder of Turtle read into a `Guideline`: its files, terms, criteria and places."""
