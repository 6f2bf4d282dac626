"""From audit to decision: proposed sites, scenarios, siting."""
