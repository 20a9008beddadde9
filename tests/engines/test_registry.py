"""Discovery and isolation: a broken plugin costs a warning, never the others."""

import pytest

from qframe.engines import API, Registry
from qframe.errors import EngineError, EngineWarning
from qframe.plugin import hookimpl

from .fakes import FakeEntryPoint, FakePlugin, engine, reference_like, registry_of


class RaisesInEngines:
    @hookimpl
    def qframe_engines(self):
        raise ValueError("no licence file")


class ReturnsNonsense:
    @hookimpl
    def qframe_engines(self):
        return "fake"


class WantsTooMuch:
    @hookimpl
    def qframe_kernel(self, engine, op, device):
        return None


def raising_probe():
    raise OSError("libnpu.so not found")


BROKEN = {
    "import": (ImportError("libnpu.so: cannot open"), "import", "libnpu.so: cannot open"),
    "exit_at_import": (SystemExit(3), "import", "SystemExit"),
    "registration": (WantsTooMuch(), "registration", "device"),
    "engines_hook": (RaisesInEngines(), "qframe_engines", "no licence file"),
    "no_engine": (ReturnsNonsense(), "qframe_engines", "not a qframe.plugin.Engine"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_reported_and_the_others_work(kind):
    plugin, stage, text = BROKEN[kind]
    registry = registry_of(bad=plugin, reference=reference_like())
    with pytest.warns(EngineWarning, match="plugin 'bad'.*is left out") as caught:
        assert registry.current() == "reference"
    assert text in str(caught[0].message)
    record = next(r for r in registry.inventory.plugins if r.name == "bad")
    assert record.stage == stage
    assert record.error is not None


def test_a_plugin_may_ask_for_the_plugins_while_it_loads():
    class Asking(FakeEntryPoint):
        def load(self):
            registry.load()
            return super().load()

    registry = Registry(lambda: [Asking("asking", FakePlugin(engine("asking")))])
    registry.load()
    registry.load()
    assert registry.usable_engines() == ["asking"]
    assert [record.name for record in registry.inventory.plugins] == ["asking"]


def test_asking_for_a_broken_plugin_by_name_chains_its_error():
    cause = ImportError("libnpu.so: cannot open")
    registry = registry_of(npu=cause, reference=reference_like())
    with pytest.warns(EngineWarning), pytest.raises(EngineError, match="failed at import") as caught:
        registry.set_engine("npu")
    assert caught.value.__cause__ is cause


def test_a_raising_probe_makes_the_engine_unusable_but_known():
    registry = registry_of(
        npu=FakePlugin(engine("npu", priority=200, probe=raising_probe)), reference=reference_like()
    )
    assert registry.current() == "reference"
    with pytest.raises(EngineError, match="probe failed: OSError: libnpu.so not found") as caught:
        registry.set_engine("npu")
    assert isinstance(caught.value.__cause__, OSError)


def test_the_wrong_architecture_is_a_reason_not_an_error():
    registry = registry_of(
        arm=FakePlugin(engine("arm", priority=100, probe=lambda: "needs aarch64, this is x86_64")),
        reference=reference_like(),
    )
    assert registry.current() == "reference"
    assert registry.usable_engines() == ["reference"]
    with pytest.raises(EngineError, match="needs aarch64, this is x86_64") as caught:
        registry.set_engine("arm")
    assert "usable: reference" in str(caught.value)


@pytest.mark.parametrize(("api", "remedy"), [(API + 1, "upgrade qframe"), (0, "upgrade the plugin")])
def test_an_unknown_api_number_is_refused_with_the_range(api, remedy):
    registry = registry_of(new=FakePlugin(engine("new", api=api)), reference=reference_like())
    with pytest.raises(EngineError, match=f"API {api}, this qframe supports 1..{API}: {remedy}"):
        registry.set_engine("new")


def test_of_two_engines_with_one_name_the_first_entry_point_wins():
    first, second = FakePlugin(engine("npu")), FakePlugin(engine("npu", summary="impostor"))
    registry = registry_of(a=first, b=second)
    with pytest.warns(EngineWarning, match="engine 'npu' of plugin 'b' is left out.*plugin 'a'"):
        assert registry.descriptor("npu").summary == ""
    assert [r.plugin.name for r in registry.inventory.rejected] == ["b"]


def test_one_plugin_may_provide_several_engines():
    registry = registry_of(two=FakePlugin([engine("one"), engine("other", priority=11)]))
    assert registry.usable_engines() == ["other", "one"]


def test_a_raising_kernel_hook_does_not_silence_the_other_plugins():
    class Raises(FakePlugin):
        @hookimpl
        def qframe_kernel(self, engine, op):
            raise RuntimeError("confused")

    kernel = lambda: None  # noqa: E731
    registry = registry_of(a=FakePlugin(engine("good"), {"add": kernel}), b=Raises(engine("bad")))
    with pytest.warns(EngineWarning, match="plugin 'b' failed.*op 'add'.*confused"):
        assert registry.kernel("good", "add") is kernel


def test_a_plugin_may_wrap_the_kernel_hook():
    class Wrapper:
        @hookimpl(wrapper=True)
        def qframe_kernel(self, engine, op):
            kernel = yield
            return lambda: ("wrapped", kernel())

    registry = registry_of(good=FakePlugin(engine("good"), {"add": lambda: 5}), wrapper=Wrapper())
    assert registry.kernel("good", "add")() == ("wrapped", 5)


class TestChoice:
    """with use_engine > set_engine > QFRAME_ENGINE > highest usable priority."""

    @pytest.fixture
    def registry(self):
        return registry_of(
            fast=FakePlugin(engine("fast", priority=100)),
            slow=FakePlugin(engine("slow", priority=1)),
            reference=reference_like(),
        )

    def test_the_highest_priority_wins(self, registry):
        assert registry.current() == "fast"

    def test_the_environment_overrides_the_priority(self, registry, monkeypatch):
        monkeypatch.setenv("QFRAME_ENGINE", "slow")
        assert registry.current() == "slow"

    def test_set_engine_overrides_the_environment(self, registry, monkeypatch):
        monkeypatch.setenv("QFRAME_ENGINE", "slow")
        registry.set_engine("reference")
        assert registry.current() == "reference"
        registry.reset()
        assert registry.current() == "slow"

    def test_use_engine_overrides_all_and_ends_with_its_block(self, registry):
        registry.set_engine("slow")
        with registry.use_engine("reference"):
            assert registry.current() == "reference"
            with registry.use_engine("fast"):
                assert registry.current() == "fast"
            assert registry.current() == "reference"
        assert registry.current() == "slow"

    def test_use_engine_holds_for_its_own_thread_only(self, registry):
        import threading

        seen = []
        with registry.use_engine("slow"):
            thread = threading.Thread(target=lambda: seen.append(registry.current()))
            thread.start()
            thread.join()
        assert seen == ["fast"]

    def test_use_engine_holds_for_its_own_asyncio_task_only(self, registry):
        import asyncio

        async def inside(name):
            with registry.use_engine(name):
                await asyncio.sleep(0)
                return registry.current()

        async def both():
            return await asyncio.gather(inside("slow"), inside("reference"))

        assert asyncio.run(both()) == ["slow", "reference"]

    def test_a_wrong_name_in_the_environment_is_an_error_at_first_use(self, registry, monkeypatch):
        monkeypatch.setenv("QFRAME_ENGINE", "fasst")
        with pytest.raises(EngineError, match=r"engine 'fasst'.*installed: fast, .*Did you mean 'fast'\?"):
            registry.current()

    @pytest.mark.parametrize(
        ("name", "remedy"),
        [("qnnpack", 'pip install "qframe[arm]"'), ("fbgemm", 'pip install "qframe[x86]"')],
    )
    def test_a_missing_first_party_engine_names_its_extra(self, registry, name, remedy):
        with pytest.raises(EngineError) as caught:
            registry.set_engine(name)
        assert str(caught.value) == (
            f"engine '{name}' cannot be used: no installed plugin provides it "
            f"(installed: fast, reference, slow). Try: {remedy}"
        )

    def test_no_usable_engine_says_what_to_install(self):
        with pytest.raises(EngineError, match="no engine is usable. Try: pip install qframe-reference"):
            registry_of().current()


class TestLimits:
    """QFRAME_PLUGINS limits what is loaded."""

    def points(self):
        return [
            FakeEntryPoint(n, p) for n, p in (("a", FakePlugin(engine("a"))), ("reference", reference_like()))
        ]

    @pytest.mark.parametrize(
        ("value", "engines"),
        [(None, ["a", "reference"]), ("", ["reference"]), ("a", ["a", "reference"]), ("b, c", ["reference"])],
    )
    def test_only_the_named_plugins_load(self, monkeypatch, value, engines):
        from qframe.engines import Registry

        monkeypatch.delenv("QFRAME_PLUGINS", raising=False)
        if value is not None:
            monkeypatch.setenv("QFRAME_PLUGINS", value)
        points = self.points()
        registry = Registry(lambda: points)
        assert list(registry.inventory.engines) == engines
        assert [p.name for p in points if p.loaded] == engines

    def test_asking_for_a_plugin_left_out_says_so(self, monkeypatch):
        from qframe.engines import Registry

        monkeypatch.setenv("QFRAME_PLUGINS", "")
        points = self.points()
        with pytest.raises(EngineError, match=r"QFRAME_PLUGINS='' keeps.*Add a to QFRAME_PLUGINS"):
            Registry(lambda: points).set_engine("a")


def test_nothing_is_loaded_before_the_first_use():
    point = FakeEntryPoint("reference", reference_like())
    from qframe.engines import Registry

    registry = Registry(lambda: [point])
    assert not point.loaded
    registry.current()
    assert point.loaded


def test_plugins_can_be_registered_and_removed_in_the_process():
    registry = registry_of(reference=reference_like())
    assert registry.register(FakePlugin(engine("late", priority=50)), "late").error is None
    assert registry.current() == "late"
    registry.set_engine("late")
    registry.unregister("late")
    assert registry.current() == "reference"
    assert list(registry.inventory.engines) == ["reference"]
