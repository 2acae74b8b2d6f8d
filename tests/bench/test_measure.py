"""What a process took."""
import os
import sys
import time

import measure
import pytest


def test_a_process_is_measured_by_itself():
    # Memory of this process must not count for the other one.
    mine = b"x" * (64 << 20)
    taken = measure.run([sys.executable, "-c",
                         "import time; x = b'y' * (32 << 20); time.sleep(0.2); print(len(x))"])
    assert len(mine) and taken.output == f"{32 << 20}\n"
    assert 0.2 <= taken.wall < 10
    assert 0 < taken.cpu < taken.wall
    assert 32 <= taken.peak_mib < 64


def test_cpu_time_is_counted():
    spin = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    assert measure.run([sys.executable, "-c", spin]).cpu >= 0.3
    before = measure.cpu_of(os.getpid())
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert measure.cpu_of(os.getpid()) >= before + 0.05


def test_the_environment_is_handed_on():
    show = "import os; print(os.environ['BENCH_TEST'])"
    assert measure.run([sys.executable, "-c", show], {"BENCH_TEST": "x y"}).output == "x y\n"


def test_a_process_that_fails_ends_the_benchmark_with_what_it_said():
    fail = "import sys; print('out'); print('why', file=sys.stderr); sys.exit(3)"
    with pytest.raises(SystemExit) as error:
        measure.run([sys.executable, "-c", fail])
    assert "out" in str(error.value) and "why" in str(error.value)


def test_the_best_of_several_turns_is_taken_number_by_number():
    takes = [measure.Taken(2, 9, 30, "first"), measure.Taken(3, 7, 50, "second")]
    assert measure.best(takes) == measure.Taken(2, 7, 50, "first")
