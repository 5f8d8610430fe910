"""One change of a guideline at a time, and which of them its cases notice."""
