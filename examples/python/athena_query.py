#!/usr/bin/env python3
"""Runs a query and prints its rows, through pyarrow where it is installed."""

import contextlib
import signal
import sys
import threading
import time

# Interrupt waits for these. Threads inherit that they do not end the process: the library's,
# and those that numpy starts as soon as pyarrow is imported.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)

from arrow_read import from_c, from_pyarrow  # noqa: E402
from arrow_values import Float32, text  # noqa: E402
from athena_ctypes import Connection, Error, release  # noqa: E402

try:
    import pyarrow
except ImportError:
    pyarrow = None

USAGE = """\
usage: athena_query.py CONNECTION_STRING SQL [--count] [--param VALUE]...

  --count         read all rows but print only how many there were, in how many
                  batches, and the seconds from sending the query to the last row
  --param VALUE   the value of the next ? of the SQL: text, or with a prefix
                  int:5  double:1.5  decimal:12.50  text:int:5  null:

Ctrl-C stops the query. Exit status: 0 done, 1 the query failed, 2 wrong usage.
"""

DONE, FAILED, WRONG_USAGE = 0, 1, 2


class UsageError(Exception):
    """The command line is wrong."""


class Interrupt:
    """Ctrl-C and SIGTERM stop the running query.

    Python calls signal handlers only between two instructions of the main thread, so not
    while that waits in the library. A thread that waits for the signals can act at once.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._action = None
        threading.Thread(target=self._watch, daemon=True).start()

    @contextlib.contextmanager
    def calls(self, action):
        """What a signal does meanwhile."""
        self._set(action)
        try:
            yield
        finally:
            self._set(None)

    def _set(self, action):
        with self._lock:
            self._action = action

    def _watch(self):
        while True:
            signal.sigwait(STOP_SIGNALS)
            # A query that ended meanwhile answers with an error, which changes nothing: how
            # it ended is reported by the main thread.
            with self._lock, contextlib.suppress(Error):
                if self._action:
                    self._action()


class Table:
    """Prints rows aligned, batch by batch; a column gets wider when a later batch needs it."""

    def __init__(self, names, numeric):
        self._names = names
        self._numeric = numeric
        self._widths = list(map(len, names))
        self._begun = False

    def add(self, rows):
        for row in rows:
            self._widths = list(map(max, self._widths, map(len, row)))
        self.begin()
        for row in rows:
            self._print(row)

    def begin(self):
        """Prints the column names, unless that was done."""
        if self._names and not self._begun:
            self._begun = True
            self._print(self._names)
            print("-+-".join("-" * width for width in self._widths))

    def _print(self, cells):
        padded = [
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(cells, self._widths, self._numeric)
        ]
        if not self._numeric[-1]:
            padded[-1] = cells[-1]
        print(" | ".join(padded))


def bind(statement, index, value):
    kind, colon, rest = value.partition(":")
    try:
        if colon and kind == "int":
            statement.bind_int64(index, int(rest))
        elif colon and kind == "double":
            statement.bind_double(index, float(rest))
        elif colon and kind == "decimal":
            statement.bind_decimal(index, rest)
        elif value == "null:":
            statement.bind_null(index)
        else:
            statement.bind_text(index, rest if colon and kind == "text" else value)
    except ValueError:
        raise UsageError(f"--param {value} is not such a number") from None


class PyarrowBatches:
    """The batches of a result, through pyarrow."""

    def __init__(self, result):
        self._reader = result.reader()
        schema = self._reader.schema
        numeric = (pyarrow.types.is_integer, pyarrow.types.is_floating, pyarrow.types.is_decimal)
        self.names = schema.names
        self.numeric = [any(is_kind(kind) for is_kind in numeric) for kind in schema.types]

    def __iter__(self):
        """Row counts, each with a function that gives the rows."""
        for batch in self._reader:
            yield batch.num_rows, lambda: zip(*map(self._column, batch.columns))

    @staticmethod
    def _column(column):
        return [text(from_pyarrow(value)) for value in column]

    def close(self):
        self._reader.close()


class PlainBatches:
    """The batches of a result, read from the Arrow C data interface in Python."""

    def __init__(self, result):
        self._result = result
        self._schema = result.schema()
        fields = [self._schema.children[i].contents for i in range(self._schema.n_children)]
        self.names = [field.name.decode() for field in fields]
        self.numeric = [field.format[0] in b"csilfgd" for field in fields]

    def __iter__(self):
        """Row counts, each with a function that gives the rows."""
        while batch := self._result.fetch():
            try:
                yield batch.length, lambda: self._rows(batch)
            finally:
                release(batch)

    def _rows(self, batch):
        for row in from_c(self._schema, batch):
            yield [text(value) for _, value in row]

    def close(self):
        release(self._schema)


def count_batches(batches, started):
    rows = [length for length, _ in batches]
    seconds = time.monotonic() - started
    print(f"rows={sum(rows)} batches={len(rows)} seconds={seconds:.3f}")


def print_batches(result, batches, started):
    table = Table(batches.names, batches.numeric)
    count = 0
    for length, rows in batches:
        table.add(list(rows()))
        count += length
    table.begin()
    if batches.names:
        print()
    print(f"query id       {result.query_execution_id}")
    if result.data_scanned_in_bytes is not None:
        print(f"bytes scanned  {result.data_scanned_in_bytes}")
    seconds = f"{time.monotonic() - started:.3f} s"
    if result.total_execution_time_ms is not None:
        seconds += f", of it in Athena {result.total_execution_time_ms / 1000:.3f} s"
    print(f"time           {seconds}")
    print(f"rows           {count}")
    if result.update_count is not None:
        print(f"rows updated   {result.update_count}")


def run(connection_string, sql, count, parameters):
    interrupt = Interrupt()
    with Connection(connection_string) as connection, connection.statement(sql) as statement:
        for index, value in enumerate(parameters):
            bind(statement, index, value)
        started = time.monotonic()
        with interrupt.calls(statement.cancel):
            result = statement.execute()
        with result, interrupt.calls(result.cancel):
            batches = (PyarrowBatches if pyarrow else PlainBatches)(result)
            with contextlib.closing(batches):
                if count:
                    count_batches(batches, started)
                else:
                    print_batches(result, batches, started)


def parse_arguments(values):
    positions, parameters, count = [], [], False
    values = iter(values)
    for value in values:
        if value == "--count":
            count = True
        elif value == "--param":
            parameters.append(next(values, None))
        else:
            positions.append(value)
    if len(positions) != 2 or None in parameters:
        raise UsageError
    return *positions, count, parameters


def main(arguments):
    if arguments == ["--help"]:
        print(USAGE, end="")
        return DONE
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        run(*parse_arguments(arguments))
    except UsageError as error:
        if error.args:
            print(f"error: {error}", file=sys.stderr)
        print(USAGE, end="", file=sys.stderr)
        return WRONG_USAGE
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        print(f"status: {error.status}, SQLSTATE {error.sqlstate}", file=sys.stderr)
        if error.query_execution_id:
            print(f"query id: {error.query_execution_id}", file=sys.stderr)
        return FAILED
    except (OSError, ValueError, NotImplementedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    return DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
