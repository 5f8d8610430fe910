"""Two versions of a guideline compared: changes in its own terms, and which records get another answer."""
