"""The servers of the benchmark, all on the loopback interface."""
import json
import os
import socket
import subprocess
import time
import urllib.request

TYPES = {
    "id": "bigint", "quantity": "integer", "ratio": "double", "price": "decimal(18,2)",
    "code": "varchar", "remark": "varchar", "flag": "boolean", "day": "date",
    "at": "timestamp(3)", "tags": "array(integer)",
}


class Sandbox:
    """athena-sandbox, with the result objects of a folder behind fixtures."""

    def __init__(self, program, store, *arguments):
        self.store = store
        started = time.monotonic()
        self.process = subprocess.Popen(
            [program, "--store", store, "--output-location", "s3://results/", *arguments],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.ready_seconds = time.monotonic() - started
        if not line.startswith("ready "):
            raise SystemExit(f"bench: {program} did not get ready")
        self.url = line.split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def _post(self, path, body):
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", json.dumps(body).encode())
        urllib.request.urlopen(request).close()

    def serve(self, sql, csv_file):
        """Answers this SQL by the file, linked as its result object."""
        columns = [{"name": name, "type": kind} for name, kind in TYPES.items()]
        self._post("fixtures", {"sql": sql, "csv_file": csv_file, "columns": columns})

    def serve_unload(self, sql, folder):
        """Answers an UNLOAD by the Parquet files of the folder, linked; and before it, what the
        driver asks to describe the query."""
        columns = [{"name": name, "type": kind} for name, kind in TYPES.items()]
        self._post("fixtures", {"sql": "LIMIT 0", "match": "contains", "columns": columns})
        unclear = [TYPES["at"], TYPES["tags"]]
        columns = [{"name": f"_col{place}", "type": "varchar"} for place in range(len(unclear))]
        self._post("fixtures", {"sql": "typeof(", "match": "contains", "columns": columns,
                                "rows": [unclear]})
        files = [{"name": path.name, "path": str(path)} for path in sorted(folder.glob("*.parquet"))]
        self._post("fixtures", {"sql": sql, "match": "contains", "files": files})


class Nginx:
    """nginx, serving the objects of a sandbox from its store."""

    def __init__(self, folder, store):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        folder.mkdir(parents=True, exist_ok=True)
        user = "user root;" if not os.getuid() else ""
        (folder / "nginx.conf").write_text(f"""
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    sendfile on;
    server {{
        listen 127.0.0.1:{port};
        # The sandbox's file name of the object KEY is =KEY, with `.` and `/` encoded.
        location ~ ^/results/(?<id>[^/.]+)\\.csv$ {{ alias {store}/buckets/results/=$id%2Ecsv; }}
        location ~ ^/results/bench/(?<id>[^/.]+)\\.csv$ {{
            alias {store}/buckets/results/=bench%2F$id%2Ecsv;
        }}
    }}
}}
""")
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"),
             "-e", str(folder / "error.log"), "-g", "daemon off;"])
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"bench: nginx did not start: {error}")
                time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
