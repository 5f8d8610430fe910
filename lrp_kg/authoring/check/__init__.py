"""``lrp-kg check``: the faults of a guideline folder, stage by stage, as findings."""
