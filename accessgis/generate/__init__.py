"""Generated counties: seeded, ordinary formats, honest about being generated."""
