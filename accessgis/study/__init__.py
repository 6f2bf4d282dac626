"""One study: its file, its layers prepared, its times computed, and the pipeline that judges it."""
