"""Compares the examples' three ways to print Arrow values, in C and twice in Python.

Usage: arrow_text.py LIBRARY, a shared library of examples/c/{arrow_text,calendar,text}.c.
Exits with an error at the first difference, or prints the number of values compared.
"""

import ctypes
import datetime
import decimal
import random
import struct
import sys

import pyarrow

import arrow_read
import arrow_values
from athena_ctypes import ArrowArray, ArrowSchema, release


class Text(ctypes.Structure):
    _fields_ = [
        ("bytes", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("capacity", ctypes.c_size_t),
        ("failed", ctypes.c_bool),
    ]


def in_c(library, schema, array):
    assert library.arrow_is_printable(ctypes.byref(schema)), schema.format
    texts = []
    for index in range(array.length):
        text = Text()
        library.arrow_append_value(
            ctypes.byref(text), ctypes.byref(schema), ctypes.byref(array), ctypes.c_int64(index)
        )
        assert not text.failed
        texts.append(ctypes.string_at(text.bytes or 0, text.length).decode())
        ctypes.CDLL(None).free(ctypes.c_void_p(text.bytes))
    return texts


def compare(library, array):
    schema, c_array = ArrowSchema(), ArrowArray()
    array._export_to_c(ctypes.addressof(c_array), ctypes.addressof(schema))
    texts = {
        "C": in_c(library, schema, c_array),
        "Python": list(map(arrow_values.text, arrow_read.from_c(schema, c_array))),
        "pyarrow": [arrow_values.text(arrow_read.from_pyarrow(value)) for value in array],
    }
    release(c_array)
    release(schema)
    for name, other in texts.items():
        for mine, theirs in zip(texts["C"], other, strict=True):
            assert mine == theirs, f"{array.type}: C says {mine!r}, {name} {theirs!r}"
    return texts["C"]


def integers(bits):
    edges = [0, 1, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))]
    return edges + [random.getrandbits(bits) - 2 ** (bits - 1) for _ in range(200)]


def floats(form, bits):
    edges = [0.0, -0.0, 1.0, 0.1, 1e16, 1e23, 5e-324, float("inf"), float("-inf"), float("nan")]
    patterns = [struct.pack(form.upper(), random.getrandbits(bits)) for _ in range(300)]
    kind = {"i": "f", "q": "d"}[form]
    return edges + [struct.unpack(kind, pattern)[0] for pattern in patterns]


def decimals(precision, scale):
    digits = [0, 1, -1, 10**precision - 1, 1 - 10**precision]
    digits += [random.randrange(1 - 10**precision, 10**precision) for _ in range(100)]
    with decimal.localcontext(decimal.Context(prec=76)):
        return [decimal.Decimal(number).scaleb(-scale) for number in digits]


def arrays():
    """Arrays of every type, with nulls."""
    t = pyarrow
    yield t.array([True, False, None, True], t.bool_())
    for bits, kind in ((8, t.int8()), (16, t.int16()), (32, t.int32()), (64, t.int64())):
        yield t.array(integers(bits) + [None], kind)
    yield t.array(floats("i", 32) + [None], t.float32())
    yield t.array(floats("q", 64) + [None], t.float64())
    for precision, scale in ((1, 0), (10, 2), (18, 18), (38, 0), (38, 37), (38, 38)):
        yield t.array(decimals(precision, scale) + [None], t.decimal128(precision, scale))
    texts = ["", "NULL", "Zürich €", "a\nb\r\t\0\x7f", "x" * 1000, None]
    yield t.array(texts, t.string())
    yield t.array(texts, t.large_string())
    yield t.array([b"", b"\0\xff", None], t.binary())
    yield t.array([b"", b"\0\xff", None], t.large_binary())
    yield t.array([b"abc", None], t.binary(3))
    yield t.array([bytes(range(16)), None], t.uuid())
    # Days of the years -9999 to 9999 or so, and counts of 64 bits for all else.
    days = t.array([0, -1, -719162, 2932896, -4371952, None] +
                   [random.randrange(-4371952, 2932896) for _ in range(500)], t.int32())
    yield days.cast(t.date32())
    for unit, per_second in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        limit = 86400 * per_second
        counts = [0, 1, limit - 1, None] + [random.randrange(limit) for _ in range(100)]
        wide = unit in ("us", "ns")
        kind = t.time64(unit) if wide else t.time32(unit)
        yield t.array(counts, t.int64() if wide else t.int32()).cast(kind)
        limit = min(253402300800 * per_second, 2**63)
        counts = [0, -1, 1, limit - 1, -limit, None]
        counts += [random.randrange(-limit, limit) for _ in range(200)]
        for zone in (None, "UTC"):
            yield t.array(counts, t.int64()).cast(t.timestamp(unit, zone))
    intervals = [(0, 0, 0), (14, 0, 0), (-1, 0, 0), (0, 2, 1), (0, -2, -43200 * 10**9), None]
    yield t.array(intervals, t.month_day_nano_interval())
    yield t.array([[1, None], [], None], t.list_(t.int32()))
    yield t.array([[("a", 1), ("b", None)], [], None], t.map_(t.string(), t.int16()))
    row = t.struct([("d", t.date32()), ("e", t.list_(t.map_(t.int8(), t.float32())))])
    rows = [{"d": datetime.date(2024, 2, 29), "e": [[(1, 0.5)], None]}, None, {"d": None}]
    yield t.array(rows, row)


def main(path):
    library = ctypes.CDLL(path)
    library.arrow_is_printable.restype = ctypes.c_bool
    compared = 0
    random.seed(1)
    for array in arrays():
        compared += len(compare(library, array))
        # A slice begins in the middle of the buffers.
        compared += len(compare(library, array.slice(1)))
        compared += len(compare(library, array.slice(len(array))))
    # The texts themselves, where the three could be wrong together.
    for value, kind, expected in (
        (951782400, pyarrow.timestamp("s", "UTC"), "2000-02-29 00:00:00 UTC"),
        (-1, pyarrow.timestamp("ns"), "1969-12-31 23:59:59.999999999"),
        (-719163, pyarrow.date32(), "0000-12-31"),
        (-719529, pyarrow.date32(), "-0001-12-31"),
        (86399999, pyarrow.time32("ms"), "23:59:59.999"),
    ):
        width = pyarrow.int32() if kind.bit_width == 32 else pyarrow.int64()
        found = compare(library, pyarrow.array([value], width).cast(kind))
        assert found == [expected], (found, expected)
    assert compare(library, pyarrow.array([(-14, 0, 0), (0, -2, -43200 * 10**9)],
                                          pyarrow.month_day_nano_interval())) == [
        "-1-2", "-2 12:00:00.000"]
    assert compare(library, pyarrow.array([0.1, 1e23, 16777216.0], pyarrow.float32())) == [
        "0.1", "1e+23", "16777216"]
    assert compare(library, pyarrow.array([decimal.Decimal("-0.05")])) == ["-0.05"]
    print(compared)


if __name__ == "__main__":
    main(sys.argv[1])
