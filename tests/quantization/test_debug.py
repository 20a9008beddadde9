"""get_observer_dict."""

from qframe import quantization as q

from .models import ready

PATHS = ["quant", "conv", "side", "plus", "fc"]


def test_every_observer_under_the_path_of_its_module():
    prepared = q.prepare(ready())
    found = {}
    assert q.get_observer_dict(prepared, found) is None
    assert list(found) == [f"{path}.activation_post_process" for path in PATHS]
    for path, observer in zip(PATHS, found.values(), strict=True):
        assert observer is prepared.get_submodule(path).activation_post_process


def test_a_prefix_goes_before_all_paths():
    found = {"kept": 1}
    q.get_observer_dict(q.prepare(ready()), found, "model.net")
    assert list(found) == ["kept"] + [f"model.net.{path}.activation_post_process" for path in PATHS]


def test_float_models_have_none():
    found = {}
    q.get_observer_dict(ready(), found)
    assert found == {}
