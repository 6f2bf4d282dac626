"""Holding travel times against a standard: circle rules, verdicts and gaps, and the assessment they make up."""
