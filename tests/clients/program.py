"""The program under test: starts it, and speaks to its control endpoint."""

import json
import os
import subprocess
import urllib.request

REGION = "us-east-1"
ACCESS_KEY = "AKIASANDBOXCLIENTS00"
SECRET_KEY = "a-secret-that-only-tests-know"
ACCOUNT = "123456789012"
RESULTS = "s3://results/out/"


class Sandbox:
    """A running athena-sandbox, with a work group `primary` whose results go to RESULTS."""

    def __init__(self, *arguments):
        self._process = subprocess.Popen(
            [os.environ["ATHENA_SANDBOX"], "--listen", "127.0.0.1:0", "--output-location", RESULTS]
            + list(arguments),
            stdout=subprocess.PIPE,
            text=True,
        )
        word, _, url = self._process.stdout.readline().strip().partition(" ")
        assert word == "ready", f"the sandbox did not start: {word} {url}"
        self.url = url

    def stop(self):
        self._process.terminate()
        assert self._process.wait(timeout=30) == 0

    def fixture(self, sql, **facts):
        """Scripts what a statement answers; see the README of the sandbox."""
        self._control("POST", "fixtures", {"sql": sql, **facts})

    def fault(self, operation, action, **facts):
        self._control("POST", "faults", {"operation": operation, "action": action, **facts})

    def forget_faults(self):
        self._control("DELETE", "faults")

    def end_sessions(self):
        """The sessions of all roles are over now."""
        self._control("DELETE", "sessions")

    def requests(self):
        return self._control("GET", "requests")["requests"]

    def _control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def signing(arguments=()):
    """The arguments of a sandbox that verifies signatures, with the one key there is."""
    keys = ["--verify-signatures", "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
    return [*keys, *arguments]


def environment(url, access_key=ACCESS_KEY, secret_key=SECRET_KEY):
    """Lets every AWS client of this process find the sandbox, and nothing else."""
    for name in [name for name in os.environ if name.upper().startswith("AWS_")]:
        del os.environ[name]
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        del os.environ[name]
    os.environ.update(
        {
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # polars asks for more than an endpoint.
            "AWS_ALLOW_HTTP": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }
    )
