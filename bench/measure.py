"""Runs a command as a process of its own and says what it took."""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass
class Taken:
    """Seconds, seconds of CPU time (user and system), peak resident memory, and what it said."""

    wall: float
    cpu: float
    peak_mib: float
    output: str


# A process cannot be measured below the memory of the one that started it, so a small one does.
LAUNCHER = """
import os, sys, time
started = time.monotonic()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - started
with open(int(os.environ["BENCH_REPORT"]), "w") as report:
    report.write(f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss / 1024}")
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(command, environment=None):
    """Runs it to its end. A command that fails ends the benchmark with what it said."""
    report, reported = os.pipe()
    program = shutil.which(command[0]) or command[0]
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LAUNCHER, program, *command[1:]],
        env={**os.environ, **(environment or {}), "BENCH_REPORT": str(reported)},
        pass_fds=[reported], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(reported)
    with open(report) as facts:
        facts = facts.read()
    if process.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed:\n{process.stdout}{process.stderr}")
    return Taken(*map(float, facts.split()), process.stdout)


def floor_mib():
    """The peak memory of a process that does nothing, below which none can be measured."""
    return run(["true"]).peak_mib


def cpu_of(pid):
    """CPU seconds a running process has taken so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def best(takes):
    """The least wall time, the least CPU time and the largest peak of several runs."""
    return Taken(min(t.wall for t in takes), min(t.cpu for t in takes),
                 max(t.peak_mib for t in takes), takes[0].output)
