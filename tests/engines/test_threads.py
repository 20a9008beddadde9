"""The number of threads: one for the process, told to every engine that has threads."""

import os

import pytest

import qframe
from qframe.engines.threads import control_group_cpus, default_num_threads
from qframe.errors import ArgumentError, EngineError

from .fakes import FakePlugin, engine, reference_like, registry_of


def test_engines_are_told_before_their_first_kernel_and_at_each_change(monkeypatch):
    monkeypatch.setenv("QFRAME_NUM_THREADS", "3")
    told = []
    registry = registry_of(a=FakePlugin(engine("a", set_num_threads=told.append)), reference=reference_like())
    assert registry.get_num_threads() == 3
    assert told == []  # asking loads no plugin
    registry.current()
    registry.set_num_threads(2)
    assert told == [3, 2]


def test_a_plugin_that_comes_later_is_told_too():
    registry = registry_of(reference=reference_like())
    registry.set_num_threads(5)
    told = []
    registry.register(FakePlugin(engine("late", set_num_threads=told.append)), "late")
    assert told == [5]


def test_an_engine_that_cannot_be_told_is_unusable():
    def refuse(threads):
        raise OSError("out of threads")

    registry = registry_of(
        a=FakePlugin(engine("a", priority=9, set_num_threads=refuse)), reference=reference_like()
    )
    assert registry.current() == "reference"
    with pytest.raises(EngineError, match=r"set_num_threads\(\d+\) failed: OSError: out of threads"):
        registry.set_engine("a")


def test_an_unusable_engine_is_left_alone():
    told = []
    broken = engine("a", probe=lambda: "no device", set_num_threads=told.append)
    registry_of(a=FakePlugin(broken), reference=reference_like()).current()
    assert told == []


@pytest.mark.parametrize("threads", [0, -1, 257, 1.5, "2", True, None])
def test_other_numbers_are_refused_and_change_nothing(threads):
    before = qframe.get_num_threads()
    with pytest.raises(ArgumentError, match="whole number from 1 to 256, not .*1 computes in"):
        qframe.set_num_threads(threads)
    assert qframe.get_num_threads() == before


@pytest.mark.parametrize("text", ["0", "-2", "many", "1.5", "1000"])
def test_a_wrong_variable_is_named(monkeypatch, text):
    monkeypatch.setenv("QFRAME_NUM_THREADS", text)
    with pytest.raises(ArgumentError, match="QFRAME_NUM_THREADS must be a whole number"):
        default_num_threads()


def test_the_default_is_what_the_process_may_use(monkeypatch):
    monkeypatch.delenv("QFRAME_NUM_THREADS", raising=False)
    assert 1 <= default_num_threads() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "250000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_containers_limit_the_default(tmp_path, files, cpus):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert control_group_cpus(tmp_path) == cpus
