"""What everything stands on: errors, schemas, coordinate systems, datums, units, files and provenance."""
