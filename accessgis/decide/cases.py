"""Networks of a study at any profile and speed, made when first asked for and the same for every site."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from accessgis.network.profiles import SpeedCase
from accessgis.study.measure import Measured
from accessgis.study.routing import Case


@lru_cache(maxsize=1)
def cases_of(measured: Measured) -> Callable[[str, SpeedCase], Case]:
    """Return what gives the case of a profile and speed: networks and the joins of people are made once for each."""

    @cache
    def made(profile: str, speed: SpeedCase) -> Case:
        case = measured.router.case(profile, speed)
        case.ends("demand", limit_m=case.limit_m)  # now, so that every case beside this one shares them
        return case

    return made
