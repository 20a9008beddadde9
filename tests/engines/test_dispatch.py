"""Dispatch: resolved once, checked first, fallbacks declared and reported, nothing retried silently."""

import pytest

from qframe.engines import Dispatcher
from qframe.errors import ArgumentError, EngineError, FallbackWarning, UnsupportedOp
from qframe.plugin import hookimpl

from .fakes import FakePlugin, engine, reference_like, registry_of


def double(x: int, *, extra: int = 0) -> int:
    """Twice x; the contract."""
    if x < 0:
        raise ArgumentError(f"double takes no negative number, got {x}")


def build(fake_kernel=None, reference_kernel=lambda x, *, extra=0: 2 * x + extra, fallback="reference"):
    kernels = {"double": fake_kernel} if fake_kernel else {}
    plugin = FakePlugin(engine("fake", fallback=fallback), kernels)
    registry = registry_of(
        fake=plugin, reference=reference_like(**({"double": reference_kernel} if reference_kernel else {}))
    )
    dispatcher = Dispatcher(registry, {})
    return dispatcher.op(double, "none", False), dispatcher, plugin


def test_the_contract_is_checked_before_any_kernel_runs():
    calls = []
    op, _, _ = build(lambda x, *, extra=0: calls.append(x))
    with pytest.raises(ArgumentError, match="got -1"):
        op(-1)
    assert calls == []


def test_a_pair_of_op_and_engine_is_asked_for_once():
    op, _, plugin = build(lambda x, *, extra=0: x + x)
    assert [op(n) for n in range(4)] == [0, 2, 4, 6]
    assert plugin.asked == [("fake", "double")]


def test_the_engine_in_use_decides():
    op, dispatcher, _ = build(lambda x, *, extra=0: "fake")
    assert op(1) == "fake"
    with dispatcher.registry.use_engine("reference"):
        assert op(1) == 2


def test_a_missing_op_falls_back_and_warns_once():
    op, dispatcher, _ = build()
    with pytest.warns(
        FallbackWarning, match="op 'double' runs on engine 'reference': 'fake' does not provide it"
    ):
        assert op(4) == 8
    assert op(5) == 10  # a second warning would be an error here
    assert dispatcher.provider("double", "fake") == "reference"


def test_asking_who_would_run_an_op_warns_of_nothing(monkeypatch):
    monkeypatch.setenv("QFRAME_STRICT", "1")
    _, dispatcher, _ = build()
    assert dispatcher.runs_on("double", "fake") == "reference"
    _, dispatcher, _ = build(lambda x, *, extra=0: 0)
    assert dispatcher.runs_on("double", "fake") == "fake"
    for lacking in ({"reference_kernel": None}, {"fallback": None}, {"fallback": "not-installed"}):
        _, dispatcher, _ = build(**lacking)
        assert dispatcher.runs_on("double", "fake") is None


def test_strict_mode_turns_a_fallback_into_an_error(monkeypatch):
    monkeypatch.setenv("QFRAME_STRICT", "1")
    op, _, _ = build()
    with pytest.raises(UnsupportedOp, match="'fake' cannot run op 'double'.*QFRAME_STRICT forbids"):
        op(4)


def test_without_a_fallback_the_error_names_the_chain():
    op, _, _ = build(fallback=None)
    with pytest.raises(UnsupportedOp, match=r"neither by engine 'fake' nor by its fallbacks \(fake\)"):
        op(4)
    op, _, _ = build(reference_kernel=None)
    with pytest.raises(UnsupportedOp, match=r"\(fake -> reference\)"):
        op(4)


def test_a_raising_kernel_raises_and_is_not_retried():
    def broken(x, *, extra=0):
        raise ZeroDivisionError("kernel bug")

    op, _, _ = build(broken)
    with pytest.raises(ZeroDivisionError, match="kernel bug"):
        op(1)


def test_a_kernel_declines_particular_arguments():
    op, _, _ = build(lambda x, *, extra=0: NotImplemented if x > 2 else "fake")
    assert op(1) == "fake"
    with pytest.warns(FallbackWarning, match="'fake' declined these arguments"):
        assert op(3) == 6
    assert op(4) == 8


def test_declining_without_a_taker_is_an_error(monkeypatch):
    op, _, _ = build(lambda x, *, extra=0: NotImplemented, fallback=None)
    with pytest.raises(UnsupportedOp, match="'fake' declined op 'double'"):
        op(1)
    monkeypatch.setenv("QFRAME_STRICT", "1")
    op, _, _ = build(lambda x, *, extra=0: NotImplemented)
    with pytest.raises(UnsupportedOp, match="declined these arguments"):
        op(1)


def test_a_kernel_that_predates_an_optional_argument_serves_what_it_can():
    op, _, _ = build(lambda x: "old")
    assert op(1) == "old"
    assert op(1, extra=0) == "old"
    with pytest.warns(FallbackWarning, match="declined"):
        assert op(1, extra=5) == 7


@pytest.mark.parametrize(
    ("kernel", "text"),
    [
        (lambda y, *, extra=0: y, "lacks the argument 'x'"),
        (lambda x, *, extra=1: x, "has another default for 'extra'"),
        (lambda x, device, *, extra=0: x, "needs an argument 'device'"),
    ],
)
def test_a_kernel_with_another_signature_is_refused(kernel, text):
    op, _, _ = build(kernel)
    with pytest.raises(EngineError, match=text):
        op(1)


def test_an_op_name_is_given_once():
    _, dispatcher, _ = build()
    with pytest.raises(EngineError, match="an op named 'double' exists already"):
        dispatcher.op(double, "none", False)


def test_a_new_plugin_takes_effect_at_once():
    op, dispatcher, _ = build(lambda x, *, extra=0: "old")
    assert op(1) == "old"
    dispatcher.registry.unregister("fake")
    assert op(1) == 2
    plugin = FakePlugin(engine("fake"), {"double": lambda x, *, extra=0: "new"})
    dispatcher.registry.register(plugin, "again")
    assert op(1) == "new"


def test_a_plugin_may_add_an_op_to_an_engine_of_another():
    op, dispatcher, _ = build()

    class Adds:
        @hookimpl
        def qframe_kernel(self, engine, op):
            return (lambda x, *, extra=0: "contributed") if (engine, op) == ("fake", "double") else None

    dispatcher.registry.register(Adds(), "adds")
    assert op(1) == "contributed"
