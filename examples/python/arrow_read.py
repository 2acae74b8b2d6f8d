"""Reads Arrow arrays into the Python values of arrow_values, with pyarrow or without."""

import ctypes
import sys
import uuid
from ctypes import c_double, c_float, c_int8, c_int16, c_int32, c_int64, c_uint8
from decimal import Decimal

from arrow_values import Date, Float32, Interval, Map, Row, Time, Timestamp


def from_pyarrow(scalar):
    """The value of a pyarrow scalar."""
    import pyarrow

    kind = scalar.type
    types = pyarrow.types
    if not scalar.is_valid:
        return None
    if isinstance(kind, pyarrow.BaseExtensionType):
        value = from_pyarrow(scalar.value)
        return uuid.UUID(bytes=value) if kind.extension_name == "arrow.uuid" else value
    if types.is_float32(kind):
        return Float32(scalar.as_py())
    if types.is_date32(kind):
        return Date(scalar.value)
    if types.is_time(kind):
        return Time(scalar.value, kind.unit[0])
    if types.is_timestamp(kind):
        return Timestamp(scalar.value, kind.unit[0], kind.tz)
    if types.is_interval(kind):
        return Interval(*scalar.as_py())
    if types.is_map(kind):
        return Map((from_pyarrow(pair[0]), from_pyarrow(pair[1])) for pair in scalar.values)
    if types.is_list(kind):
        return [from_pyarrow(item) for item in scalar.values]
    if types.is_struct(kind):
        return Row((field.name, from_pyarrow(scalar[i])) for i, field in enumerate(kind))
    return scalar.as_py()


def from_c(schema, array):
    """The values of an array of the Arrow C data interface, read without pyarrow."""
    end = array.offset + array.length
    read = _reader(schema, array, end)
    valid = _buffer(array, 0, c_uint8, (end + 7) // 8) if array.null_count else None
    return [
        read(i) if valid is None or valid[i // 8] >> (i % 8) & 1 else None
        for i in range(array.offset, end)
    ]


def _buffer(array, index, kind, length):
    """A buffer as an indexable array; None if it is absent."""
    address = array.buffers[index]
    return (kind * length).from_address(address) if address else None


_NUMBERS = {"c": c_int8, "s": c_int16, "i": c_int32, "l": c_int64, "g": c_double}


def _reader(schema, array, end):
    """A function from a place in the buffers, before `end`, to the value there."""
    form = schema.format.decode()
    if form.startswith("+"):
        return _nested_reader(form, schema, array, end)
    if form in ("u", "U", "z", "Z"):
        return _bytes_reader(form, array, end)
    if form.startswith("w:"):
        width = int(form[2:])
        data = array.buffers[1]
        bytes_at = lambda i: ctypes.string_at(data + i * width, width)
        is_uuid = _metadata(schema).get(b"ARROW:extension:name") == b"arrow.uuid"
        return (lambda i: uuid.UUID(bytes=bytes_at(i))) if is_uuid else bytes_at
    if form.startswith("d:"):
        scale = int(form.split(",")[1])
        data = array.buffers[1]
        return lambda i: _decimal(ctypes.string_at(data + i * 16, 16), scale)

    def values(kind, per_value=1):
        return _buffer(array, 1, kind, end * per_value)

    if form in _NUMBERS:
        numbers = values(_NUMBERS[form])
        return lambda i: numbers[i]
    if form == "f":
        floats = values(c_float)
        return lambda i: Float32(floats[i])
    if form == "b":
        bits = values(c_uint8)
        return lambda i: bool(bits[i // 8] >> (i % 8) & 1)
    if form == "tdD":
        days = values(c_int32)
        return lambda i: Date(days[i])
    if form in ("tts", "ttm", "ttu", "ttn"):
        times = values(c_int32 if form[2] in "sm" else c_int64)
        return lambda i: Time(times[i], form[2])
    if form[:4] in ("tss:", "tsm:", "tsu:", "tsn:"):
        times = values(c_int64)
        return lambda i: Timestamp(times[i], form[2], form[4:] or None)
    if form == "tin":
        parts = values(c_int32, 4)
        nanos = values(c_int64, 2)
        return lambda i: Interval(parts[4 * i], parts[4 * i + 1], nanos[2 * i + 1])
    raise NotImplementedError(f"the Arrow type {form} cannot be read without pyarrow")


def _decimal(data, scale):
    unscaled = int.from_bytes(data, sys.byteorder, signed=True)
    digits = tuple(map(int, str(abs(unscaled))))
    return Decimal((int(unscaled < 0), digits, -scale))


def _bytes_reader(form, array, end):
    offsets = _buffer(array, 1, c_int64 if form in "UZ" else c_int32, end + 1)
    data = array.buffers[2] or 0
    bytes_at = lambda i: ctypes.string_at(data + offsets[i], offsets[i + 1] - offsets[i])
    return (lambda i: bytes_at(i).decode()) if form in "uU" else bytes_at


def _nested_reader(form, schema, array, end):
    fields = [
        (schema.children[i].contents, array.children[i].contents)
        for i in range(schema.n_children)
    ]
    columns = [from_c(*field) for field in fields]
    if form == "+s":
        names = [field.name.decode() for field, _ in fields]
        return lambda i: Row((name, column[i]) for name, column in zip(names, columns))
    if form not in ("+l", "+m"):
        raise NotImplementedError(f"the Arrow type {form} cannot be read without pyarrow")
    offsets = _buffer(array, 1, c_int32, end + 1)
    if form == "+l":
        return lambda i: columns[0][offsets[i] : offsets[i + 1]]
    return lambda i: Map(
        (key, value) for (_, key), (_, value) in columns[0][offsets[i] : offsets[i + 1]]
    )


def _metadata(schema):
    """The schema's metadata, which are pairs of texts led by their lengths."""
    address = schema.metadata
    if not address:
        return {}

    def length():
        nonlocal address
        address += 4
        return c_int32.from_address(address - 4).value

    def content():
        nonlocal address
        size = length()
        address += size
        return ctypes.string_at(address - size, size)

    return dict((content(), content()) for _ in range(length()))
