"""Two versions of a guideline compared: changes in its own terms, and which records get another answer.

What is exact and how it is meant:

* Both versions are put in one space of cells, cut at the thresholds of both; every combination of cells that a record
  can have is counted once. A field that only one version knows is not looked at by the other, so that a new field
  shows as other answers, while a value or number that only one version allows is refused by the other.
* A date that implies another field is there exactly where that field is true.
* Records that leave fields open are answered by what completes them, so that they change only where a region does,
  or where a list has a new value.
* Any answer that differs is major, whatever edit it comes from; a condition that means something else but bears on
  nothing that gets another answer is minor.
"""
