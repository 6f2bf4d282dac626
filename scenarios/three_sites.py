"""Three places proposed for a clinic in the generated county: which one, or none of them.

python scenarios/three_sites.py
"""

from __future__ import annotations

from pathlib import Path

import accessgis as ag

PLACES = {
    "near the road": (112.40, 37.25),
    "the largest gap": (112.103841, 37.1601063),
    "the county town": (112.25, 37.15),
}


def main() -> None:
    """Print what each place would bring, and its rank."""
    study = ag.read_study(Path(__file__).parent.parent / "data" / "study.toml")
    measured = ag.measured_study(study)
    for label, at in PLACES.items():
        check = ag.check_site(measured, kind="village_clinic", at=at, datum="wgs84")
        rank = check.ranks.iloc[0]
        print(f"{label}: {rank['net']:.0f} people newly covered, {rank['rank']} of {rank['candidates']} places")


if __name__ == "__main__":
    main()
