"""Putting wrong kernels under single tests of the suite."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from qframe.engines import API, Engine, registry
from qframe.errors import EngineError
from qframe.plugin import hookimpl
from qframe.testing import EngineSuite

NAME = "fake-for-the-suite"


class Refusal(Exception):
    """Raised by kernels that do not take what they should."""


class FakePlugin:
    def __init__(self, kernels, set_num_threads):
        self.kernels = kernels
        self.set_num_threads = set_num_threads

    @hookimpl
    def qframe_engines(self):
        return Engine(NAME, api=API, priority=-2, set_num_threads=self.set_num_threads)

    @hookimpl
    def qframe_kernel(self, engine, op):
        return self.kernels.get(op) if engine == NAME else None


@contextmanager
def fake_engine(kernels, *, set_num_threads=None, **attributes) -> Iterator[EngineSuite]:
    """Register an engine with these kernels, and yield the suite for it."""
    registry.register(FakePlugin(kernels, set_num_threads), NAME)
    try:
        yield type("TestFake", (EngineSuite,), {"engine": NAME, **attributes})()
    finally:
        registry.unregister(NAME)


def reference(op):
    return registry.kernel("reference", op)


class _Collected:
    """Takes the place of pytest's object in ``pytest_generate_tests``."""

    def __init__(self, method):
        self.fixturenames = list(inspect.signature(method).parameters)
        marks = {mark.args[0]: mark.args[1] for mark in getattr(method, "pytestmark", ())}
        self.values: list[Any] = next(iter(marks.values()), [])

    def parametrize(self, name, values, ids=None):
        self.values = list(values)


def arguments(suite, law, op):
    """Return what pytest would call one test of the suite with, as far as it concerns ``op``."""
    collected = _Collected(getattr(suite, law))
    suite.pytest_generate_tests(collected)
    if not collected.fixturenames:
        return [()]
    concerned = [value for value in collected.values if getattr(value, "op", value) == op]
    by_op = {"op", "packed_op", "case", "stacked", "packed"} & set(collected.fixturenames)
    return [(value,) for value in (concerned if by_op else collected.values)]


def outcomes(suite, law, op, *, until_failure=False):
    """Run one test of the suite on every sample of one op.

    Returns:
        What was raised, the reasons of skips, and the arguments of what passed.

    Raises:
        whatever else than a test or a wrong kernel means to raise: then it is not the test that notices.
    """
    failed, skipped, passed = [], [], []
    for values in arguments(suite, law, op):
        try:
            getattr(suite, law)(*values)
        except pytest.skip.Exception as reason:
            skipped.append(str(reason))
        except (AssertionError, EngineError, Refusal) as error:
            failed.append(error)
            if until_failure:
                break
        else:
            passed.append(str(values))
    return failed, skipped, passed
