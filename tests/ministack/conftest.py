"""ministack, which others wrote: a server that verifies signatures and enforces IAM policies.

It runs on the loopback only, and where the system allows it in a network namespace of its own.
"""

import pathlib
import sys

CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "clients"
sys.path.insert(0, str(CLIENTS))

# First, because a namespace is for the threads that come after.
import isolation

NETWORK = isolation.enter()

import json
import os
import socket
import subprocess
import time

import boto3
import pytest

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT = ("AKIAROOT000000000000", "the-secret-of-root")


class Ministack:
    """A running server, and what an administrator does to it."""

    def __init__(self, folder):
        self.log = folder / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "STATE_DIR": str(folder),
            "S3_DATA_DIR": str(folder / "s3"),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AUTH": "true",
            # Its SQL is not what is tested.
            "ATHENA_ENGINE": "mock",
            "AWS_ACCESS_KEY_ID": ROOT[0],
            "AWS_SECRET_ACCESS_KEY": ROOT[1],
        }
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                alive = self._process.poll() is None and time.monotonic() < deadline
                assert alive, self.log.read_text()
                time.sleep(0.02)

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=30)

    def client(self, service, keys=ROOT):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
        )

    def user(self, name, *statements):
        """A new user with these permissions; its key and secret."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def role(self, name, *statements):
        """A new role that anybody with permission may assume; its ARN."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return role["Role"]["Arn"]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="session")
def ministack(tmp_path_factory):
    server = Ministack(tmp_path_factory.mktemp("ministack"))
    server.client("s3").create_bucket(Bucket="results")
    yield server
    server.stop()
