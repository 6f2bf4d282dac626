"""Run the command line: ``python -m accessgis``."""

from accessgis.cli.main import main

if __name__ == "__main__":
    main()
