"""Gauss–Krüger on the ellipsoid of CGCS2000 by Krüger's series to the sixth order, scalar: an oracle for projections.

Krüger, L. (1912): Konforme Abbildung des Erdellipsoids in der Ebene; the coefficients as Karney (2011), Transverse
Mercator with an accuracy of a few nanometers, equation 35, prints them.
"""

from __future__ import annotations

from math import asinh, atan2, atanh, cos, cosh, hypot, radians, sin, sinh, sqrt, tan

A, F = 6378137.0, 1 / 298.257222101
N = F / (2 - F)
ALPHA = (
    N / 2 - 2 * N**2 / 3 + 5 * N**3 / 16 + 41 * N**4 / 180 - 127 * N**5 / 288 + 7891 * N**6 / 37800,
    13 * N**2 / 48 - 3 * N**3 / 5 + 557 * N**4 / 1440 + 281 * N**5 / 630 - 1983433 * N**6 / 1935360,
    61 * N**3 / 240 - 103 * N**4 / 140 + 15061 * N**5 / 26880 + 167603 * N**6 / 181440,
    49561 * N**4 / 161280 - 179 * N**5 / 168 + 6601661 * N**6 / 7257600,
    34729 * N**5 / 80640 - 3418889 * N**6 / 1995840,
    212378941 * N**6 / 319334400,
)
RECTIFYING_M = A / (1 + N) * (1 + N**2 / 4 + N**4 / 64 + N**6 / 256)


def forward(lon: float, lat: float, *, meridian: float) -> tuple[float, float]:
    """Return easting (with 500 km) and northing in metres."""
    e = sqrt(F * (2 - F))
    tau, away = tan(radians(lat)), radians(lon - meridian)
    sigma = sinh(e * atanh(e * tau / hypot(1, tau)))
    conformal = tau * hypot(1, sigma) - sigma * hypot(1, tau)
    xi, eta = atan2(conformal, cos(away)), asinh(sin(away) / hypot(conformal, cos(away)))
    north = xi + sum(a * sin(2 * k * xi) * cosh(2 * k * eta) for k, a in enumerate(ALPHA, start=1))
    east = eta + sum(a * cos(2 * k * xi) * sinh(2 * k * eta) for k, a in enumerate(ALPHA, start=1))
    return 500_000.0 + RECTIFYING_M * east, RECTIFYING_M * north


def meridian_of(zone: int) -> float:
    """Return the central meridian of a zone: 3-degree from 25 on, 6-degree below."""
    return 3.0 * zone if zone >= 25 else 6.0 * zone - 3.0
