"""The clients to compare, each a process of its own.

    clients.py CLIENT ENDPOINT S3_ENDPOINT SQL

reads the whole result of SQL into what the client hands its user, and prints a line of JSON:
the number of rows, and the bytes of the table or frame held where the client tells.
"""
import json
import os
import socket
import struct
import sys
import time

STAGING = "s3://results/bench/"
REGION = "eu-west-1"
# Seconds; what our own runs are given as well.
POLL = 0.005


def pyathena(cursor_class, **arguments):
    from pyathena import connect

    return connect(s3_staging_dir=STAGING, region_name=REGION, poll_interval=POLL,
                   cursor_class=cursor_class).cursor(**arguments)


def point_pyarrow_to_endpoint():
    """pyarrow's S3 client reads no endpoint from the environment, and PyAthena passes none."""
    import functools

    from pyarrow import fs

    scheme, _, address = os.environ["AWS_ENDPOINT_URL_S3"].partition("://")
    fs.S3FileSystem = functools.partial(fs.S3FileSystem, endpoint_override=address, scheme=scheme)


def arrow_cursor(sql, unload=False):
    from pyathena.arrow.cursor import ArrowCursor

    point_pyarrow_to_endpoint()
    table = pyathena(ArrowCursor, unload=unload).execute(sql).as_arrow()
    return table.num_rows, table.nbytes


def polars_cursor(sql, unload=False):
    from pyathena.polars.cursor import PolarsCursor

    frame = pyathena(PolarsCursor, unload=unload).execute(sql).as_polars()
    return frame.height, frame.estimated_size()


def cursor(sql):
    from pyathena.cursor import Cursor

    return len(pyathena(Cursor).execute(sql).fetchall()), None


def awswrangler(sql):
    import awswrangler
    import boto3

    frame = awswrangler.athena.read_sql_query(
        sql, database="default", ctas_approach=False, s3_output=STAGING,
        athena_query_wait_polling_delay=POLL, boto3_session=boto3.Session(region_name=REGION))
    return len(frame), int(frame.memory_usage(deep=True).sum())


def connect_ours():
    sys.path.insert(0, os.environ["ATHENA_EXAMPLES"])
    from athena_ctypes import Connection

    return Connection(os.environ["ATHENA_CONNECTION"])


def ours(sql):
    """The C library, by ctypes, into a pyarrow Table."""
    with connect_ours() as connection, connection.statement(sql) as statement, \
            statement.execute() as result:
        table = result.reader().read_all()
    return table.num_rows, table.nbytes


def bytes_received():
    """What has arrived at the sockets of this process, read by it or not."""
    received = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            with socket.socket(fileno=os.dup(int(name))) as peer:
                info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136)
        except OSError:
            continue
        # tcpi_bytes_received of struct tcp_info.
        received += struct.unpack_from("=Q", info, 128)[0]
    return received


def first_batch(sql):
    """What the first batch of ours takes, and how large the later ones are."""
    started = time.monotonic()
    with connect_ours() as connection, connection.statement(sql) as statement, \
            statement.execute() as result:
        batches = iter(result.reader())
        first = next(batches)
        arrived, seconds = bytes_received(), time.monotonic() - started
        rows, sizes = first.num_rows, []
        for batch in batches:
            rows += batch.num_rows
            sizes.append((batch.num_rows, batch.nbytes))
    print(json.dumps({"first_rows": first.num_rows, "arrived": arrived, "first_seconds": seconds,
                      "seconds": time.monotonic() - started, "later": sizes}))
    return rows, None


CLIENTS = {
    "arrow": arrow_cursor,
    "polars": polars_cursor,
    "wrangler": awswrangler,
    "arrow-unload": lambda sql: arrow_cursor(sql, unload=True),
    "polars-unload": lambda sql: polars_cursor(sql, unload=True),
    "cursor": cursor,
    "ours-python": ours,
    "first-batch": first_batch,
}


def main(client, endpoint, s3_endpoint, sql):
    os.environ.update(
        AWS_ENDPOINT_URL=endpoint, AWS_ENDPOINT_URL_S3=s3_endpoint, AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION=REGION, AWS_EC2_METADATA_DISABLED="true")
    rows, held = CLIENTS[client](sql)
    print(json.dumps({"rows": rows, "bytes": held}))


if __name__ == "__main__":
    main(*sys.argv[1:])
