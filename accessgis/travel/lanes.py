"""Sixteen searches side by side: rows of sixteen 32-bit times, handled as vectors.

numba does not reliably turn a loop over a row into vector instructions, so the few operations that all time is spent
in are written in LLVM's own terms, which are the same on every processor: LLVM picks the instructions (one 512-bit
register a row, or two, or four). All times are unsigned, ``NEVER_MS`` stands for never and stays it under a sum with
an arc (below ``LONGEST_MS``), so that minima need no test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
"""Searches per row: a row is 64 bytes, one cache line."""

_I16, _I32, _I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)
_TIMES = ir.VectorType(_I32, LANES)
_AMOUNTS = ir.VectorType(_I64, LANES)
_SHIFT = LANES.bit_length() - 1


def _operation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make an operation that kernels can call of a function that returns its signature and writes its code."""
    return cast("Callable[..., Any]", intrinsic(function))


def _data(context: Any, builder: ir.IRBuilder, kind: Any, value: Any) -> ir.Value:
    return context.make_array(kind)(context, builder, value).data


def _at(builder: ir.IRBuilder, data: ir.Value, row: ir.Value, vector: ir.VectorType) -> ir.Value:
    """Return the address of a row of an array as a vector."""
    index = builder.shl(builder.zext(row, _I64) if row.type.width < 64 else row, ir.Constant(_I64, _SHIFT))
    return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())


def _load(builder: ir.IRBuilder, address: ir.Value, align: int) -> ir.Value:
    value = builder.load(address)
    value.align = align
    return value


def _store(builder: ir.IRBuilder, value: ir.Value, address: ir.Value, align: int) -> None:
    builder.store(value, address).align = align


def _same(builder: ir.IRBuilder, value: ir.Value, vector: ir.VectorType) -> ir.Value:
    """Return a vector with one value in every lane."""
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(
        first, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
    )


def _least(builder: ir.IRBuilder, a: ir.Value, b: ir.Value) -> ir.Value:
    return _call(builder, f"llvm.umin.v{LANES}i32", _TIMES, [a, b])


def _call(builder: ir.IRBuilder, name: str, result: ir.Type, args: list[ir.Value]) -> ir.Value:
    """Call one of LLVM's own operations."""
    kind = ir.FunctionType(result, [value.type for value in args])
    function: Any = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    return builder.call(function, args)


def _arc(builder: ir.IRBuilder, arcs: ir.Value, index: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return the other end of an arc and its time in every lane."""
    arc = builder.load(builder.gep(arcs, [index]))
    node = builder.and_(arc, ir.Constant(_I64, 0xFFFFFFFF))
    ms = builder.trunc(builder.lshr(arc, ir.Constant(_I64, 32)), _I32)
    return node, _same(builder, ms, _TIMES)


@_operation
def pull(typing: Any, times: Any, arcs: Any, first: Any, last: Any, out: Any, row: Any, fresh: Any) -> Any:  # noqa: ARG001
    """Lower row ``row`` of ``out`` to the least of rows of ``times`` plus arcs; ``fresh`` forgets what it held.

    Arcs ``first:last``, an even number of them, say which rows and how much to add.
    """
    signature = types.void(times, arcs, types.uint64, types.uint64, out, types.uint64, types.boolean)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        rows, packed = _data(context, builder, sig.args[0], args[0]), _data(context, builder, sig.args[1], args[1])
        target = _at(builder, _data(context, builder, sig.args[4], args[4]), args[5], _TIMES)
        never = ir.Constant(_TIMES, [2**31 - 1] * LANES)
        best: Any = cgutils.alloca_once(builder, _TIMES)  # type: ignore[no-untyped-call]
        with builder.if_else(builder.trunc(args[6], ir.IntType(1))) as (forget, keep):
            with forget:
                builder.store(never, best)
            with keep:
                builder.store(_load(builder, target, 4), best)
        two = ir.Constant(_I64, 2)
        with cgutils.for_range_slice(builder, args[2], args[3], two, intp=_I64) as (index, _):
            least = builder.load(best)
            for place in (index, builder.add(index, ir.Constant(_I64, 1))):
                node, ms = _arc(builder, packed, place)
                there = _load(builder, _at(builder, rows, node, _TIMES), 4)
                least = _least(builder, least, builder.add(there, ms))
            builder.store(least, best)
        _store(builder, builder.load(best), target, 4)
        return context.get_dummy_value()

    return signature, code


@_operation
def push(typing: Any, times: Any, arcs: Any, first: Any, last: Any, row: Any) -> Any:  # noqa: ARG001
    """Lower the rows that arcs ``first:last`` lead to, to row ``row`` plus the arc."""
    signature = types.void(times, arcs, types.uint64, types.uint64, types.uint64)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        rows, packed = _data(context, builder, sig.args[0], args[0]), _data(context, builder, sig.args[1], args[1])
        here = _load(builder, _at(builder, rows, args[4], _TIMES), 4)
        with cgutils.for_range_slice(builder, args[2], args[3], ir.Constant(_I64, 1), intp=_I64) as (index, _):
            node, ms = _arc(builder, packed, index)
            address = _at(builder, rows, node, _TIMES)
            _store(builder, _least(builder, _load(builder, address, 4), builder.add(here, ms)), address, 4)
        return context.get_dummy_value()

    return signature, code


def _inside(builder: ir.IRBuilder, times: ir.Value, cutoff: ir.Value) -> ir.Value:
    return builder.icmp_unsigned("<=", times, _same(builder, cutoff, _TIMES))


@_operation
def within(typing: Any, times: Any, row: Any, cutoff: Any) -> Any:  # noqa: ARG001
    """Return as the bits of a number which lanes of a row are at most ``cutoff``."""
    signature = types.uint64(times, types.uint64, types.uint32)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        here = _load(builder, _at(builder, _data(context, builder, sig.args[0], args[0]), args[1], _TIMES), 4)
        return builder.zext(builder.bitcast(_inside(builder, here, args[2]), _I16), _I64)

    return signature, code


@_operation
def add_within(typing: Any, times: Any, row: Any, cutoff: Any, amount: Any, sums: Any) -> Any:  # noqa: ARG001
    """Add ``amount`` to the sums (one row of 64-bit numbers) of the lanes that are at most ``cutoff``."""
    signature = types.void(times, types.uint64, types.uint32, types.int64, sums)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        here = _load(builder, _at(builder, _data(context, builder, sig.args[0], args[0]), args[1], _TIMES), 4)
        zero = ir.Constant(_AMOUNTS, [0] * LANES)
        amount = builder.select(_inside(builder, here, args[2]), _same(builder, args[3], _AMOUNTS), zero)
        target = builder.bitcast(_data(context, builder, sig.args[4], args[4]), _AMOUNTS.as_pointer())
        _store(builder, builder.add(_load(builder, target, 8), amount), target, 8)
        return context.get_dummy_value()

    return signature, code


@_operation
def sum_within(typing: Any, times: Any, row: Any, cutoff: Any, amounts: Any) -> Any:  # noqa: ARG001
    """Return the sum of the amounts (one row of 64-bit numbers) of the lanes that are at most ``cutoff``."""
    signature = types.int64(times, types.uint64, types.uint32, amounts)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        here = _load(builder, _at(builder, _data(context, builder, sig.args[0], args[0]), args[1], _TIMES), 4)
        source = builder.bitcast(_data(context, builder, sig.args[3], args[3]), _AMOUNTS.as_pointer())
        zero = ir.Constant(_AMOUNTS, [0] * LANES)
        chosen = builder.select(_inside(builder, here, args[2]), _load(builder, source, 8), zero)
        return _call(builder, f"llvm.vector.reduce.add.v{LANES}i64", _I64, [chosen])

    return signature, code


def _turned(builder: ir.IRBuilder, rows: list[ir.Value]) -> list[ir.Value]:
    """Return the columns of a square of rows: halves change places, then quarters, and so on."""
    step = LANES // 2
    while step:
        low = [i if not i & step else i - step + LANES for i in range(LANES)]
        high = [i + step if not i & step else i + LANES for i in range(LANES)]
        first, second = (ir.Constant(ir.VectorType(_I32, LANES), order) for order in (low, high))
        turned = list(rows)
        for i in range(LANES):
            if not i & step:
                turned[i] = builder.shuffle_vector(rows[i], rows[i + step], first)
                turned[i + step] = builder.shuffle_vector(rows[i], rows[i + step], second)
        rows, step = turned, step // 2
    return rows


@_operation
def turn(typing: Any, square: Any, turned: Any) -> Any:  # noqa: ARG001
    """Write the columns of sixteen rows as rows."""
    signature = types.void(square, turned)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        source, target = (_data(context, builder, sig.args[i], args[i]) for i in (0, 1))
        places = [ir.Constant(_I64, i) for i in range(LANES)]
        rows = [_load(builder, _at(builder, source, place, _TIMES), 4) for place in places]
        for place, column in zip(places, _turned(builder, rows), strict=True):
            _store(builder, column, _at(builder, target, place, _TIMES), 4)
        return context.get_dummy_value()

    return signature, code


@_operation
def keep_within(typing: Any, times: Any, row: Any, cutoff: Any, ids: Any, out_id: Any, out_ms: Any, at: Any) -> Any:  # noqa: ARG001
    """Write id and time of the entries of a row that are at most ``cutoff`` from ``at`` on; return how many."""
    signature = types.uint64(times, types.uint64, types.uint32, ids, out_id, out_ms, types.uint64)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        here = _load(builder, _at(builder, _data(context, builder, sig.args[0], args[0]), args[1], _TIMES), 4)
        names = _load(builder, builder.bitcast(_data(context, builder, sig.args[3], args[3]), _TIMES.as_pointer()), 4)
        inside = _inside(builder, here, args[2])
        bits = builder.zext(builder.bitcast(inside, _I16), _I64)
        count = builder.ctpop(bits)
        first = builder.trunc(builder.sub(builder.shl(ir.Constant(_I64, 1), count), ir.Constant(_I64, 1)), _I16)
        mask = builder.bitcast(first, inside.type)
        for values, place in ((names, 4), (here, 5)):
            target = builder.gep(_data(context, builder, sig.args[place], args[place]), [args[6]])
            operands = [values, inside, ir.Constant(_TIMES, ir.Undefined)]
            squeezed = _call(builder, f"llvm.experimental.vector.compress.v{LANES}i32", _TIMES, operands)
            address = builder.bitcast(target, _TIMES.as_pointer())
            operands = [squeezed, address, ir.Constant(_I32, 4), mask]
            _call(builder, f"llvm.masked.store.v{LANES}i32.p0", ir.VoidType(), operands)
        return count

    return signature, code


PAIRS = LANES // 2
"""Arcs of a hierarchy, each with a time up and a time down, in a vector."""


def _pairs(builder: ir.IRBuilder, data: ir.Value, arc: ir.Value) -> ir.Value:
    """Return the address of the times of an arc and those after it as a vector."""
    return builder.bitcast(builder.gep(data, [builder.shl(arc, ir.Constant(_I64, 1))]), _TIMES.as_pointer())


def _alternating(builder: ir.IRBuilder, first: ir.Value, second: ir.Value) -> ir.Value:
    """Return a vector of two values in turn."""
    vector = builder.insert_element(ir.Constant(_TIMES, ir.Undefined), first, ir.Constant(_I32, 0))
    vector = builder.insert_element(vector, second, ir.Constant(_I32, 1))
    turns = ir.Constant(ir.VectorType(_I32, LANES), [0, 1] * PAIRS)
    return builder.shuffle_vector(vector, ir.Constant(_TIMES, ir.Undefined), turns)


def _each_pairs(
    builder: ir.IRBuilder, count: ir.Value, starts: tuple[ir.Value, ir.Value], step: Callable[..., None]
) -> None:
    """Build ``step(places, mask)`` for the first ``count % PAIRS`` pairs from both starts on, then for whole vectors.

    The vectors of a row so lie the same, from its end, wherever one starts in it: what was stored as a vector is soon
    loaded as the same vector, which processors do without waiting.
    """
    few = builder.and_(count, ir.Constant(_I64, PAIRS - 1))
    with builder.if_then(builder.icmp_unsigned("!=", few, ir.Constant(_I64, 0))):
        lanes = builder.trunc(builder.shl(few, ir.Constant(_I64, 1)), _I32)
        numbers = ir.Constant(_TIMES, list(range(LANES)))
        step(starts, builder.icmp_unsigned("<", numbers, _same(builder, lanes, _TIMES)))
    with cgutils.for_range_slice(builder, few, count, ir.Constant(_I64, PAIRS), intp=_I64) as (done, _):
        step(tuple(builder.add(start, done) for start in starts), None)


def _load_some(builder: ir.IRBuilder, address: ir.Value, mask: ir.Value | None) -> ir.Value:
    """Load a vector, the lanes left out being never."""
    if mask is None:
        return _load(builder, address, 4)
    never = ir.Constant(_TIMES, [2**31 - 1] * LANES)
    return _call(builder, f"llvm.masked.load.v{LANES}i32.p0", _TIMES, [address, ir.Constant(_I32, 4), mask, never])


def _store_some(builder: ir.IRBuilder, value: ir.Value, address: ir.Value, mask: ir.Value | None) -> None:
    if mask is None:
        _store(builder, value, address, 4)
    else:
        operands = [value, address, ir.Constant(_I32, 4), mask]
        _call(builder, f"llvm.masked.store.v{LANES}i32.p0", ir.VoidType(), operands)


@_operation
def offer_pairs(typing: Any, times: Any, arc: Any, count: Any, up: Any, down: Any, out: Any, other: Any) -> Any:  # noqa: ARG001
    """Lower ``count`` pairs of ``out`` from ``other`` on to those of ``times`` from ``arc`` on plus (up, down)."""
    signature = types.void(times, types.uint64, types.uint64, types.uint32, types.uint32, out, types.uint64)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        source, target = _data(context, builder, sig.args[0], args[0]), _data(context, builder, sig.args[5], args[5])
        more = _alternating(builder, args[3], args[4])

        def step(places: Any, mask: ir.Value | None) -> None:
            offer = builder.add(_load_some(builder, _pairs(builder, source, places[0]), mask), more)
            address = _pairs(builder, target, places[1])
            _store_some(builder, _least(builder, _load_some(builder, address, mask), offer), address, mask)

        _each_pairs(builder, args[2], (args[1], args[6]), step)
        return context.get_dummy_value()

    return signature, code


@_operation
def settle_pairs(typing: Any, times: Any, arc: Any, count: Any, above: Any, up: Any, down: Any) -> Any:  # noqa: ARG001
    """Lower ``count`` pairs by way of the arcs above them, and find the best by way of both.

    The pairs from ``arc`` on become at most (up, down) plus the pairs from ``above`` on. Returned are the least of the
    pairs plus those above with up and down exchanged, ``down << 32 | up``.
    """
    signature = types.uint64(times, types.uint64, types.uint64, types.uint64, types.uint32, types.uint32)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        data = _data(context, builder, sig.args[0], args[0])
        more = _alternating(builder, args[4], args[5])
        unset = ir.Constant(_TIMES, ir.Undefined)
        best: Any = cgutils.alloca_once(builder, _TIMES)  # type: ignore[no-untyped-call]
        builder.store(ir.Constant(_TIMES, [2**31 - 1] * LANES), best)

        def mixed(values: ir.Value, distance: int) -> ir.Value:
            return builder.shuffle_vector(
                values, unset, ir.Constant(ir.VectorType(_I32, LANES), [i ^ distance for i in range(LANES)])
            )

        def step(places: Any, mask: ir.Value | None) -> None:
            address = _pairs(builder, data, places[0])
            here = _load_some(builder, address, mask)
            over = _load_some(builder, _pairs(builder, data, places[1]), mask)
            builder.store(_least(builder, builder.load(best), builder.add(here, mixed(over, 1))), best)
            _store_some(builder, _least(builder, here, builder.add(over, more)), address, mask)

        _each_pairs(builder, args[2], (args[1], args[3]), step)
        least, distance = builder.load(best), LANES // 2
        while distance > 1:
            least = _least(builder, least, mixed(least, distance))
            distance //= 2
        return builder.extract_element(builder.bitcast(least, ir.VectorType(_I64, PAIRS)), ir.Constant(_I32, 0))

    return signature, code
