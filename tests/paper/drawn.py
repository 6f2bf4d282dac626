"""Networks drawn by hand and solved by hand: the times below were worked out on paper, never by the program.

Times are whole milliseconds; access legs are walked at one metre a second. A place on an edge is (edge, share, metres
of access leg). ``to`` holds (ms, facility) of each resident travelling to the nearest facility, ``back`` of the
facility travelling to them; None where there is no way.
"""

from __future__ import annotations

from dataclasses import dataclass

from paper.streets import Street, both, build, joins_at, oneway

from accessgis.network.model import Network
from accessgis.travel.types import Joins

S = 1000
Place = list[tuple[int, float, float]]
Answer = tuple[int, int] | None


@dataclass(frozen=True)
class Drawn:
    name: str
    network: Network
    facilities: Joins
    residents: Joins
    to: list[Answer]
    back: list[Answer]


def _drawn(
    name: str,
    nodes: int,
    streets: list[Street],
    facilities: list[Place],
    residents: list[Place],
    to: list[Answer],
    back: list[Answer] | None = None,
) -> Drawn:
    network = build([(100.0 * i, 0.0) for i in range(nodes)], streets)
    return Drawn(name, network, joins_at(facilities), joins_at(residents), to, to if back is None else back)


# 0 ────60 s──── 1 ────60 s──── 2     F at a quarter of the first street, 10 m off it
#     F   A             B             A at three quarters, 5 m off; B in the middle of the second, at the kerb
HIGH_STREET = _drawn(
    "high street",
    3,
    [both(0, 1, 60 * S), both(1, 2, 60 * S)],
    [[(0, 0.25, 10)]],
    [[(0, 0.75, 5)], [(1, 0.5, 0)], [(0, 0.25, 0)], [(0, 0.0, 7)]],
    # A: 5 + 30 + 10; B: 30 + 45 + 10; at the same place: 0 + 0 + 10; at junction 0: 7 + 15 + 10
    [(45 * S, 0), (85 * S, 0), (10 * S, 0), (32 * S, 0)],
)

#        A F B
#  0 ──▸──60 s──▸── 1         A is a quarter along, F half-way, B three quarters along
#  ▴                ▾
#  90 s            30 s       A: straight on, 15. B: round the ring, 15 + 30 + 45 + 90 + 30 = 210.
#  ▴                ▾         C half-way down the 30 s side: 15 + 45 + 90 + 30 = 180.
#  3 ◂──45 s──◂──── 2 C       Coming back, A and B change places; C: 30 + 15 = 45.
ONE_WAY_RING = _drawn(
    "one-way ring",
    4,
    [oneway(0, 1, 60 * S), oneway(1, 2, 30 * S), oneway(2, 3, 45 * S), oneway(3, 0, 90 * S)],
    [[(0, 0.5, 0)]],
    [[(0, 0.25, 0)], [(0, 0.75, 0)], [(1, 0.5, 0)], [(0, 0.5, 3)]],
    [(15 * S, 0), (210 * S, 0), (180 * S, 0), (3 * S, 0)],
    [(210 * S, 0), (15 * S, 0), (45 * S, 0), (3 * S, 0)],
)

#    ┌──── 100 s (edge 0) ──A─┐     F stands where edge 0 leaves junction 0; A at four fifths of edge 0.
#  F 0                        1     Along the slow road 80, round by the quick one 20 + 40 = 60.
#    └──── 40 s (edge 1) ─────┘     B at a tenth of edge 0: 10 along it.
PARALLEL = _drawn(
    "parallel roads",
    2,
    [both(0, 1, 100 * S), both(0, 1, 40 * S)],
    [[(0, 0.0, 0)]],
    [[(0, 0.8, 0)], [(0, 0.1, 0)], [(1, 0.5, 0)]],
    [(60 * S, 0), (10 * S, 0), (20 * S, 0)],
)

#  0 ─▸ up 90 s / ◂ down 60 s ─ 1    A hill: F at the top end (share 1), A at one third.
#      A                        F    Up from A: 90 − 30 = 60. Down to A from F: 60 − 20 = 40.
HILL = _drawn(
    "hill",
    2,
    [Street(0, 1, 90 * S, 60 * S)],
    [[(0, 1.0, 0)]],
    [[(0, 1 / 3, 0)]],
    [(60 * S, 0)],
    [(40 * S, 0)],
)

#  0 ──10 s── 1     2 ──10 s── 3      A is off the network (no join), B on a piece without a facility,
#      F                 B            C joins both pieces: 1 + 5 + 0 over its second join.
OFF_NETWORK = _drawn(
    "off the network",
    4,
    [both(0, 1, 10 * S), both(2, 3, 10 * S)],
    [[(0, 0.5, 0)]],
    [[], [(1, 0.5, 0)], [(1, 0.5, 0), (0, 0.0, 1)]],
    [None, None, (6 * S, 0)],
)

#      ╭──▸─ 40 s (edge 1) ─▸─╮       A closed one-way way that meets itself at junction 1, cut at half its length:
#  0 ─20 s─ 1                  2      edge 1 from 1 to 2, edge 2 from 2 back to 1. F half-way along edge 2.
#  A   ╰──◂─ 40 s (edge 2) ─◂─╯ F     A at 0: 20 + 40 + 20 = 80; back: 20 + 20 = 40.
#                                     B at three quarters of edge 2: 10, then round again 40 + 20 = 70; back 10.
LOOP = _drawn(
    "loop cut in two",
    3,
    [both(0, 1, 20 * S), oneway(1, 2, 40 * S), oneway(2, 1, 40 * S)],
    [[(2, 0.5, 0)]],
    [[(0, 0.0, 0)], [(2, 0.75, 0)]],
    [(80 * S, 0), (70 * S, 0)],
    [(40 * S, 0), (10 * S, 0)],
)

#  0 ──5 s── 1 ══0 s══ 2 ──5 s── 3    Both facilities stand 0 s from the zero-length edge: F1 at junction 1, F0 at 2.
#            F1        F0             Equal times go to the lower index, also for A on F1's own side.
ZERO_LENGTH = _drawn(
    "zero-length edge",
    4,
    [both(0, 1, 5 * S), both(1, 2, 0), both(2, 3, 5 * S)],
    [[(2, 0.0, 0)], [(0, 1.0, 0)]],
    [[(0, 0.0, 0)], [(1, 0.0, 2)], [(2, 0.6, 0)]],
    [(5 * S, 0), (2 * S, 0), (3 * S, 0)],
)

#  0 ──10 s── 1 ≈≈ferry, 600 s≈≈ 2 ──10 s── 3     Nobody joins the ferry, everybody may ride it.
#  A                                        F     A: 10 + 600 + 10
FERRY = _drawn(
    "ferry",
    4,
    [both(0, 1, 10 * S), both(1, 2, 600 * S, joinable=False), both(2, 3, 10 * S)],
    [[(2, 1.0, 0)]],
    [[(0, 0.0, 0)]],
    [(620 * S, 0)],
)

#  0 ────60 s──── 1 ────60 s──── 2     F0 at junction 0 behind a 20 m access leg, F1 at junction 2 at the kerb.
#  F0   A       C B  D           F1    A at a third, 4 m off: 4 + 20 + 20 = 44. B at junction 1: 60 against 60 + 20.
#                                      C at five sixths: 50 + 20 = 70 and 10 + 60 = 70, so the lower index.
#                                      D at a sixth of the second, 1 m off: 1 + 50 = 51 against 1 + 70 + 20.
ACCESS_LEGS = _drawn(
    "access legs at both ends",
    3,
    [both(0, 1, 60 * S), both(1, 2, 60 * S)],
    [[(0, 0.0, 20)], [(1, 1.0, 0)]],
    [[(0, 1 / 3, 4)], [(0, 1.0, 0)], [(0, 5 / 6, 0)], [(1, 1 / 6, 1)]],
    [(44 * S, 0), (60 * S, 1), (70 * S, 0), (51 * S, 1)],
)

ALL = [HIGH_STREET, ONE_WAY_RING, PARALLEL, HILL, OFF_NETWORK, LOOP, ZERO_LENGTH, FERRY, ACCESS_LEGS]
