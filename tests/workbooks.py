"""Excel workbooks as bureaus make them, written on the spot; one in the old form was written once by xlwt."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

Cells = Sequence[Sequence[object]]
Range = tuple[int, int, int, int]

_OLD = (
    "c-rk)O-NKx6h8O9_vWveamG~8zy={JbE9q|(6J(ClcSSDS&@x7NGK{pE^LvO36%vwxG364ZrWIF`l0A&*CH?~2!cS1R&5H3TBxsc"
    "&bx0IYZeZaRJ`+e=bqp1p7-w0yED&c!*f%&%I4uGY5)zEOfR^yYyxkut%Lymrb(jRdhj+K`lrb2!GUxca6j<OO=C#oJr5FY>Q9gZ"
    "yu<q-3_^UMKNVR;+QBs>1=UcGT)<Vd1fi6xDrA0y`C8^TIPwAWMz&mFUXQVJVn57A<5gSLEZ!$8*cSxCy~8<g*ir+<@RVlp$VFkr"
    "8n8WmG}-reI?8oFOaqQvEY+V%C;R502nTQ)zM2t$FZN1(9C7TcYZrj_@5}A(9QI362N(tOFi-Gt@I#YM9w`Ft=MxKX4JS81n73WA"
    "ZFr*PQCp&?w{88<^Z^RMq>_<uZP*0bKMiA(jK?N55WCMrQ;8lF&K+uQ8BA$bZfp`~_|6&wMD37`f;l5+6Fu0}LZp-Ywdn7N+kV~h"
    "zv?J!A!i*rOXFF|p7yB;AC<?uNNCwE65!S4N8SwuEQfiGh44GEaQ*X(=C0OgCtF7O%VB+AHqa{p6HZbFCI`XB1Dy2$Rh+Sf`6)(S"
    "$8s6-B8<Vdvb9(VO=BE$n!T0SPaV_C=*BF06UyTs6L-tU-$ys2JQJHgUNrMMIt3N@;=3`Qt}&<<)#A!!qI*%h6>2Yf%e?fLeaRz3"
    "s&-R-L<?XMd@P2UKZGDZdstmM=ZG9Rf^&#ln*ByCO`@h{G>wsLO-Id8)yN#kl9Ami-Wn@UMk8cbMk8czMk8dOLe_F1YmB@`#cPc0"
    "=co3dCiw|058(#Tb3&4)t3C-=&w;BmZcyRsj9ZY=vMbgz6$|M?jgSe|$bo7wYDiUKa4hxlfk#<##ZoO_9U5dI+-9{g>y+dJha7Uq"
    "A%`4t$f3WP=rl=37>!Rf))|{lPHy$T&LZAR&fg^eE$x8;ypG`y(_PSyZ5oF2nm;9A2pdbRFvtGCkZ3RVo`zoN;yQZsp1*i57unCV"
    ";>6JJTSEEvzm!j%f4Ki2WXSxM"
)


def old_register() -> bytes:
    """Return an .xls: a title, three clinics of 西村, 示例镇 merged over two of them, 2张, and a 合计 row."""
    return zlib.decompress(base64.b85decode(_OLD))


def write_book(
    path: Path, sheets: dict[str, Cells], *, merged: Sequence[Range] = (), hidden: Sequence[str] = ()
) -> Path:
    """Write sheets of cells; ``merged`` (top, left, bottom, right, from 0) applies to each of them."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    sheet.write(row, column, cell)
            for top, left, bottom, right in merged:
                sheet.merge_range(top, left, bottom, right, rows[top][left])
            if name in hidden:
                sheet.hide()
    return path
