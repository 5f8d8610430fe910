"""``lrp-kg check``: what a guideline author wants to know after an edit, stage by stage, as findings."""
