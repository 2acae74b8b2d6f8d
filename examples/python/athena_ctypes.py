"""The C interface of the Athena driver, by ctypes: nothing to compile, nothing to install.

    with Connection("Region=eu-west-1;S3OutputLocation=s3://bucket/prefix/") as connection:
        with connection.statement("SELECT 1") as statement, statement.execute() as result:
            table = result.reader().read_all()  # with pyarrow

The library is the one ATHENA_LIBRARY names, or else that of the built examples.
"""

import ctypes
import os
import pathlib
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int64, c_size_t, c_void_p

OK = 0
QUERY_EXECUTION_ID_SIZE = 129


class ArrowSchema(ctypes.Structure):
    """The type of an array, by the Arrow C data interface."""


class ArrowArray(ctypes.Structure):
    """An array, by the Arrow C data interface."""


class ArrowArrayStream(ctypes.Structure):
    """Arrays to come, by the Arrow C stream interface."""


ArrowSchema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(ArrowSchema))),
    ("dictionary", POINTER(ArrowSchema)),
    ("release", ctypes.CFUNCTYPE(None, POINTER(ArrowSchema))),
    ("private_data", c_void_p),
]
ArrowArray._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(ArrowArray))),
    ("dictionary", POINTER(ArrowArray)),
    ("release", ctypes.CFUNCTYPE(None, POINTER(ArrowArray))),
    ("private_data", c_void_p),
]
ArrowArrayStream._fields_ = [
    ("get_schema", c_void_p),
    ("get_next", c_void_p),
    ("get_last_error", c_void_p),
    ("release", ctypes.CFUNCTYPE(None, POINTER(ArrowArrayStream))),
    ("private_data", c_void_p),
]


def release(structure):
    """Releases an Arrow structure, unless that was done or it was moved from."""
    if structure.release:
        structure.release(byref(structure))


def _load():
    built = pathlib.Path(__file__).resolve().parents[2] / "build/examples/libathena.so.0"
    library = ctypes.CDLL(os.environ.get("ATHENA_LIBRARY") or str(built))
    error = POINTER(c_void_p)
    returns = {
        c_int: {
            "athena_connect": [c_char_p, POINTER(c_void_p), error],
            "athena_error_status": [c_void_p],
            "athena_fetch": [c_void_p, POINTER(ArrowArray), error],
            "athena_result_cancel": [c_void_p, error],
            "athena_result_schema": [c_void_p, POINTER(ArrowSchema), error],
            "athena_result_stream": [c_void_p, POINTER(ArrowArrayStream), error],
            "athena_statement_bind_decimal": [c_void_p, c_size_t, c_char_p, error],
            "athena_statement_bind_double": [c_void_p, c_size_t, c_double, error],
            "athena_statement_bind_int64": [c_void_p, c_size_t, c_int64, error],
            "athena_statement_bind_null": [c_void_p, c_size_t, error],
            "athena_statement_bind_text": [c_void_p, c_size_t, c_char_p, c_size_t, error],
            "athena_statement_cancel": [c_void_p, error],
            "athena_statement_execute": [c_void_p, POINTER(c_void_p), error],
            "athena_statement_new": [c_void_p, POINTER(c_void_p), error],
            "athena_statement_set_sql": [c_void_p, c_char_p, error],
            "athena_statement_submit": [c_void_p, c_char_p, c_size_t, error],
            "athena_statement_wait": [c_void_p, POINTER(c_void_p), error],
        },
        c_char_p: {
            "athena_error_message": [c_void_p],
            "athena_error_query_execution_id": [c_void_p],
            "athena_error_sqlstate": [c_void_p],
            "athena_result_query_execution_id": [c_void_p],
            "athena_status_name": [c_int],
        },
        ctypes.c_bool: {
            "athena_error_is_retryable": [c_void_p],
            "athena_result_data_scanned_in_bytes": [c_void_p, POINTER(c_int64)],
            "athena_result_total_execution_time_ms": [c_void_p, POINTER(c_int64)],
            "athena_result_update_count": [c_void_p, POINTER(c_int64)],
        },
        None: {
            "athena_connection_free": [c_void_p],
            "athena_error_free": [c_void_p],
            "athena_result_free": [c_void_p],
            "athena_statement_free": [c_void_p],
        },
    }
    for result, functions in returns.items():
        for name, arguments in functions.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
    return library


_athena = _load()


class Error(Exception):
    """Why a call failed. The query id is None if the call failed before there was one."""

    def __init__(self, handle):
        super().__init__(_decode(_athena.athena_error_message(handle)))
        self.status = _decode(_athena.athena_status_name(_athena.athena_error_status(handle)))
        self.sqlstate = _decode(_athena.athena_error_sqlstate(handle))
        self.query_execution_id = _decode(_athena.athena_error_query_execution_id(handle))
        self.is_retryable = _athena.athena_error_is_retryable(handle)
        _athena.athena_error_free(handle)


def _decode(text):
    return None if text is None else text.decode()


def _encode(text):
    """What came from the command line goes on as the bytes it was."""
    encoded = text.encode(errors="surrogateescape")
    if b"\0" in encoded:
        raise ValueError("the text contains a NUL character")
    return encoded


def _call(function, *arguments):
    error = c_void_p()
    if function(*arguments, byref(error)) != OK:
        raise Error(error)


class _Handle:
    """Owns an object of the C interface; close() frees it."""

    def __init__(self, handle, free):
        self._handle = handle
        self._free = free

    def close(self):
        handle, self._handle = self._handle, None
        if handle is not None:
            self._free(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()


class Connection(_Handle):
    """The settings, credentials and network connections that queries share."""

    def __init__(self, connection_string):
        handle = c_void_p()
        self._handle = None
        _call(_athena.athena_connect, _encode(connection_string), byref(handle))
        super().__init__(handle, _athena.athena_connection_free)

    def statement(self, sql):
        handle = c_void_p()
        _call(_athena.athena_statement_new, self._handle, byref(handle))
        statement = Statement(handle, _athena.athena_statement_free)
        _call(_athena.athena_statement_set_sql, handle, _encode(sql))
        return statement


class Statement(_Handle):
    """SQL text and its parameters, which are counted from 0."""

    def bind_null(self, index):
        _call(_athena.athena_statement_bind_null, self._handle, index)

    def bind_int64(self, index, value):
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{value} is no 64-bit integer")
        _call(_athena.athena_statement_bind_int64, self._handle, index, value)

    def bind_double(self, index, value):
        _call(_athena.athena_statement_bind_double, self._handle, index, value)

    def bind_decimal(self, index, value):
        _call(_athena.athena_statement_bind_decimal, self._handle, index, _encode(str(value)))

    def bind_text(self, index, value):
        encoded = value.encode(errors="surrogateescape")
        function = _athena.athena_statement_bind_text
        _call(function, self._handle, index, encoded, len(encoded))

    def execute(self):
        handle = c_void_p()
        _call(_athena.athena_statement_execute, self._handle, byref(handle))
        return Result(handle, _athena.athena_result_free)

    def submit(self):
        """Sends the query and returns its id at once; wait() then gives the result."""
        query_id = ctypes.create_string_buffer(QUERY_EXECUTION_ID_SIZE)
        _call(_athena.athena_statement_submit, self._handle, query_id, len(query_id))
        return _decode(query_id.value)

    def wait(self):
        handle = c_void_p()
        _call(_athena.athena_statement_wait, self._handle, byref(handle))
        return Result(handle, _athena.athena_result_free)

    def cancel(self):
        """Stops the running query; any thread may call it."""
        _call(_athena.athena_statement_cancel, self._handle)


class Result(_Handle):
    """The record batches of a query that succeeded, and facts about it."""

    def schema(self):
        """The ArrowSchema of the batches, for the caller to release."""
        schema = ArrowSchema()
        _call(_athena.athena_result_schema, self._handle, byref(schema))
        return schema

    def fetch(self):
        """The next batch as an ArrowArray, for the caller to release; None after the last."""
        batch = ArrowArray()
        _call(_athena.athena_fetch, self._handle, byref(batch))
        return batch if batch.release else None

    def reader(self):
        """The batches not fetched yet as a pyarrow.RecordBatchReader; nothing is copied."""
        import pyarrow

        stream = ArrowArrayStream()
        _call(_athena.athena_result_stream, self._handle, byref(stream))
        return pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(stream))

    def cancel(self):
        """Stops the reading; any thread may call it."""
        _call(_athena.athena_result_cancel, self._handle)

    @property
    def query_execution_id(self):
        return _decode(_athena.athena_result_query_execution_id(self._handle))

    @property
    def data_scanned_in_bytes(self):
        return self._number(_athena.athena_result_data_scanned_in_bytes)

    @property
    def total_execution_time_ms(self):
        return self._number(_athena.athena_result_total_execution_time_ms)

    @property
    def update_count(self):
        return self._number(_athena.athena_result_update_count)

    def _number(self, function):
        """A number Athena may not have told, which is None."""
        number = c_int64()
        return number.value if function(self._handle, byref(number)) else None
