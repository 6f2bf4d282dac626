"""Many studies at once: one task a county, on one machine or on the workers of a Dask scheduler."""
