"""Compares the driver with its peers on the same results, and writes what came of it.

    bench.py [--quick] [--runs N] [--no-decoder] [--output NAME]

is run by scripts/bench, which builds and installs what it needs. Each client is a process of
its own, reads a whole result of a query that has finished already, and is measured from its
start to its end: wall time, CPU time of that process, peak memory. The clients take turns, and
the least of several turns counts. --quick only shows that everything works.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

import measure
import report
from servers import Nginx, Sandbox

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = ROOT / "build/bench"
# What the issue calls the capacity of one connection to S3.
LINK = ["--bandwidth", "90000000", "--latency-ms", "20"]
PAGES_SHARE = 10


class Bench:
    def __init__(self, arguments):
        self.rows = 20_000 if arguments.quick else 1_000_000
        self.runs = arguments.runs or (1 if arguments.quick else 5)
        self.quick = arguments.quick
        self.with_decoder = not (arguments.quick or arguments.no_decoder)
        self.release = pathlib.Path(os.environ["ATHENA_RELEASE"])
        self.python = str(BUILD / "venv/bin/python")
        self.data = BUILD / "data"
        self.store = BUILD / "store"
        self.nginx = shutil.which("nginx") is not None
        self.found = {"rows": self.rows, "runs": self.runs, "quick": self.quick,
                      "floor_mib": round(measure.floor_mib())}

    # Ways to run a client.

    def connection(self, endpoint, s3_endpoint=None, more=""):
        return (
            f"AwsRegion=eu-west-1;Endpoint={endpoint};S3Endpoint={s3_endpoint or endpoint};"
            "User=test;Password=test;S3OutputLocation=s3://results/;"
            "MinQueryExecutionPollingIntervalMillis=1;" + more)

    def ours(self, connection, rows):
        program = str(ROOT / "build/examples/athena_query")
        taken = measure.run([program, connection, sql(rows), "--count"])
        facts = dict(pair.split("=") for pair in taken.output.split())
        self.check(int(facts["rows"]), rows, "ours")
        taken.output = facts
        return taken

    def peer(self, name, endpoint, rows, s3_endpoint=None, connection=""):
        taken = measure.run(
            [self.python, str(HERE / "clients.py"), name, endpoint, s3_endpoint or endpoint,
             sql(rows)],
            {"ATHENA_CONNECTION": connection, "ATHENA_EXAMPLES": str(ROOT / "examples/python")})
        taken.output = [json.loads(line) for line in taken.output.splitlines()]
        self.check(taken.output[-1]["rows"], rows, name)
        return taken

    @staticmethod
    def check(got, expected, name):
        if got != expected:
            raise SystemExit(f"bench: {name} read {got} rows of {expected}")

    def sandbox(self, *arguments):
        shutil.rmtree(self.store, ignore_errors=True)
        sandbox = Sandbox(str(self.release / "athena-sandbox"), str(self.store), *arguments)
        for path in self.data.glob("rows-*.csv"):
            sandbox.serve(sql(path.stem.partition("-")[2]), str(path))
        sandbox.serve_unload("UNLOAD", self.data / f"parquet-{self.rows}")
        return sandbox

    def turns(self, section, clients):
        """Runs all clients in turn, several times; keeps the best of each."""
        takes = {name: [] for name in clients}
        for turn in range(self.runs):
            for name, client in clients.items():
                print(f"{section} {turn + 1}/{self.runs}: {name}", file=sys.stderr, flush=True)
                takes[name].append(client())
        return {name: measure.best(all_takes) for name, all_takes in takes.items()}

    # What is measured.

    def table(self):
        """The table of the issue."""
        pages_rows = self.rows // PAGES_SHARE
        pages = "ResultFetcher=GetQueryResults;"
        with self.sandbox() as sandbox:
            url = sandbox.url
            object_path = self.object_path(sandbox, self.rows)

            def peer(name, rows=self.rows, **more):
                return lambda: self.peer(name, url, rows, **more)

            clients = {
                "arrow": peer("arrow"),
                "polars": peer("polars"),
                "wrangler": peer("wrangler"),
                "ours": lambda: self.ours(self.connection(url), self.rows),
                "ours-python": peer("ours-python", connection=self.connection(url)),
                "arrow-unload": peer("arrow-unload"),
                "polars-unload": peer("polars-unload"),
                "ours-unload": lambda: self.ours(
                    self.connection(url, more="ResultFetcher=unload;"), self.rows),
                "cursor": peer("cursor", pages_rows),
                "ours-pages": lambda: self.ours(self.connection(url, more=pages), pages_rows),
                "curl": lambda: measure.run(["curl", "-sf", "-o", "/dev/null", url + object_path,
                                             "-H", AUTHORIZATION]),
            }
            if self.nginx:
                with Nginx(BUILD / "nginx", self.store) as nginx:
                    at = nginx.url
                    clients["arrow-nginx"] = peer("arrow", s3_endpoint=at)
                    clients["ours-nginx"] = lambda: self.ours(self.connection(url, at), self.rows)
                    clients["curl-nginx"] = lambda: measure.run(
                        ["curl", "-sf", "-o", "/dev/null", at + object_path])
                    self.found["table"] = self.turns("table", clients)
            else:
                self.found["table"] = self.turns("table", clients)
        self.found["pages_rows"] = pages_rows

    def object_path(self, sandbox, rows):
        """The path of a result object of the workload, which a run of ours leaves behind."""
        self.ours(self.connection(sandbox.url), rows)
        requests = json.load(urllib.request.urlopen(f"{sandbox.url}/_sandbox/requests"))["requests"]
        return next(r["target"] for r in requests if r["operation"] == "GetObject").partition("?")[0]

    def growth(self):
        """Cost and memory of ours over the size of the object."""
        sizes = [self.rows // 4, self.rows, self.rows * 4, self.rows * 10]
        with self.sandbox() as sandbox:
            connection = self.connection(sandbox.url)
            self.found["growth"] = self.turns(
                "growth", {rows: lambda rows=rows: self.ours(connection, rows) for rows in sizes})

    def link(self):
        """Ours over connections as fast as those of S3."""
        rows = self.rows * 4
        with self.sandbox(*LINK) as sandbox:
            def ours(more):
                return lambda: self.ours(self.connection(sandbox.url, more=more), rows)

            path = self.object_path(sandbox, rows)
            self.found["link"] = self.turns("link", {
                "8": ours(""),
                "1": ours("DownloadConnections=1;"),
                "curl": lambda: measure.run(
                    ["curl", "-sf", "-o", "/dev/null", sandbox.url + path, "-H", AUTHORIZATION]),
            })
            self.found["link_bytes"] = (self.data / f"rows-{rows}.csv").stat().st_size

    def first_batch(self):
        """How much of the object has arrived when the first batch is there."""
        size = (self.data / f"rows-{self.rows}.csv").stat().st_size
        found = {}
        for name, arguments in {"loopback": [], "link": LINK}.items():
            with self.sandbox(*arguments) as sandbox:
                takes = [
                    self.peer("first-batch", sandbox.url, self.rows,
                              connection=self.connection(sandbox.url)).output[0]
                    for _ in range(self.runs)
                ]
            shares = [take["arrived"] / size for take in takes]
            later = [batch for take in takes for batch in take["later"][:-1]]
            found[name] = {
                "rows": takes[0]["first_rows"],
                "share": statistics.median(shares),
                "worst_share": max(shares),
                "seconds": min(take["first_seconds"] for take in takes),
                "total_seconds": min(take["seconds"] for take in takes),
                "least_later_rows": min((rows for rows, _ in later), default=None),
                "least_later_bytes": min((size for _, size in later), default=None),
            }
        self.found["first_batch"] = found

    def server(self):
        """The sandbox itself: start, downloads beside nginx, pages per second."""
        starts = []
        for _ in range(10):
            shutil.rmtree(self.store, ignore_errors=True)
            with Sandbox(str(self.release / "athena-sandbox"), str(self.store)) as sandbox:
                starts.append(sandbox.ready_seconds)
        found = {"start_ms": min(starts) * 1000, "start_ms_median": statistics.median(starts) * 1000}
        with self.sandbox() as sandbox:
            found |= pages_per_second(sandbox, self.rows, 0.5 if self.quick else 3)
        self.found["server"] = found

    def decoder(self):
        """The decoder beside csv-core and arrow-csv, on one thread."""
        lines = subprocess.run(
            ["cargo", "bench", "--locked", "-q", "-p", "athena-core", "--bench", "decode", "--",
             str(self.rows // 5)],
            cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
        self.found["decoder"] = lines.strip()

    def run(self):
        workload = [str(HERE / "workload.py"), str(self.data)]
        subprocess.run([self.python, *workload, str(self.rows), "4", "10"], check=True)
        for rows in (self.rows // PAGES_SHARE, self.rows // 4):
            subprocess.run([self.python, *workload, str(rows)], check=True)
        for section in (self.table, self.growth, self.link, self.first_batch, self.server):
            section()
        if self.with_decoder:
            self.decoder()
        return self.found


# What a caller without an SDK sends; the sandbox asks for a signature, and verifies none here.
AUTHORIZATION = (
    "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0")


def sql(rows):
    return f"SELECT * FROM bench_{rows}"


def call(connection, operation, body):
    """A call of Athena's protocol, over a connection that stays open; the answer's bytes."""
    connection.request("POST", "/", json.dumps(body), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonAthena.{operation}",
        "Authorization": AUTHORIZATION.partition(": ")[2]})
    return connection.getresponse().read()


def pages_per_second(sandbox, rows, seconds):
    """Reads pages of 1000 rows for a while, without looking at what is in them."""
    import http.client

    connection = http.client.HTTPConnection(sandbox.url.partition("//")[2])
    query = {"QueryString": sql(rows), "ClientRequestToken": "b" * 40}
    query_id = json.loads(call(connection, "StartQueryExecution", query))["QueryExecutionId"]
    asked = {"QueryExecutionId": query_id, "MaxResults": 1000}
    pages, token, size = 0, None, 0
    cpu, started = measure.cpu_of(sandbox.process.pid), time.monotonic()
    while time.monotonic() - started < seconds:
        answer = call(connection, "GetQueryResults", asked | ({"NextToken": token} if token else {}))
        pages, size = pages + 1, size + len(answer)
        place = answer.rfind(b'"NextToken":"')
        token = answer[place:].split(b'"')[3].decode() if place >= 0 else None
    wall = time.monotonic() - started
    return {"pages_per_second": pages / wall, "page_bytes": size // pages,
            "cpu_ms_per_page": (measure.cpu_of(sandbox.process.pid) - cpu) / pages * 1000}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="20,000 rows, one run each")
    parser.add_argument("--runs", type=int, help="turns of each client (default 5)")
    parser.add_argument("--no-decoder", action="store_true",
                        help="without the decoder's own benchmark, which compiles for minutes")
    parser.add_argument("--output", default="latest", help="name of the files in bench/results")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    found = bench.run()
    folder = BUILD if arguments.quick else HERE / "results"
    text = report.markdown(found, arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{arguments.output}.md").write_text(text)
    subprocess.run([bench.python, str(HERE / "plot.py"), str(folder / f"{arguments.output}.png")],
                   input=json.dumps(report.bars(found)), text=True, check=True)
    print(text)


if __name__ == "__main__":
    main()
