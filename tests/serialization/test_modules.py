"""Every module of qframe comes back from a file as it was saved, whatever dtype and qscheme it holds."""

import numpy as np
import pytest

import qframe
from qframe import nn
from qframe.dtypes import qint8, qint32, quint8
from qframe.qtensor import QTensor

from .modules import MODULES, listed_modules, randomised
from .states import same, snapshot

CASES = [
    pytest.param(make, per_channel, id=f"{kind.__module__}.{kind.__name__}-{number}-{per_channel}")
    for kind, factories in MODULES.items()
    for number, make in enumerate(factories)
    for per_channel in ("per tensor", "per channel")
]


def test_every_module_has_a_row():
    assert {kind.__name__ for kind in listed_modules() ^ MODULES.keys()} == set()


@pytest.mark.parametrize(("make", "qscheme"), CASES)
def test_a_module_comes_back(make, qscheme, tmp_path):
    module, other = make(), make()
    module.load_state_dict(randomised(module.state_dict(), qscheme == "per channel"))
    saved = snapshot(module)
    qframe.save(module, tmp_path / "module")
    assert same(saved, dict(qframe.load(tmp_path / "module")))
    assert qframe.load_into(other, tmp_path / "module") == ([], [])
    assert same(saved, snapshot(other))
    assert repr(other) == repr(module)


def test_an_observer_that_saw_data_comes_back_in_a_new_one(tmp_path):
    for kind, (new, seen) in ((kind, f) for kind, f in MODULES.items() if hasattr(kind, "calculate_qparams")):
        module, other = seen(), new()
        qframe.save(module, tmp_path / "observer")
        qframe.load_into(other, tmp_path / "observer")
        assert same(snapshot(module), snapshot(other)), kind


@pytest.mark.parametrize("dtype", [quint8, qint8, qint32])
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (3, 4, 0)])
def test_buffers_of_every_dtype_and_qscheme(dtype, axis, shape, tmp_path):
    def holder(seed):
        rng, module = np.random.default_rng(seed), nn.Module()
        codes = rng.integers(dtype.minimum, dtype.maximum, shape, endpoint=True).astype(dtype.numpy)
        scales = rng.uniform(1e-6, 1, shape[axis or 0])
        zero_points = rng.integers(dtype.minimum, dtype.maximum, len(scales), endpoint=True)
        if axis is None:
            q = QTensor.per_tensor(codes, scales[0], zero_points[0])
        else:
            q = QTensor.per_channel(codes, scales, zero_points, axis)
        module.register_buffer("q", q)
        return module

    module, other = holder(1), holder(2)
    qframe.save(module, tmp_path / "buffer")
    qframe.load_into(other, tmp_path / "buffer")
    assert other.q.equal(module.q)
