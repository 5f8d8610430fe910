"""What guideline authors use: checks, cases, comparison of versions, the site, a new guideline."""
