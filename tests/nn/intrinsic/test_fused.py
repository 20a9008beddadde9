"""The float containers of nn.intrinsic."""

import copy

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError
from qframe.nn import intrinsic as nni

CONV = {1: nn.Conv1d(2, 3, 3), 2: nn.Conv2d(2, 3, 3), 3: nn.Conv3d(2, 3, 3)}
NORM = {1: nn.BatchNorm1d(3), 2: nn.BatchNorm2d(3), 3: nn.BatchNorm3d(3)}
LINEAR = nn.Linear(2, 3)
RELU, RELU6 = BOTH = nn.ReLU(), nn.ReLU6()

ACCEPTED = [
    *((getattr(nni, f"ConvBn{n}d"), (CONV[n], NORM[n])) for n in (1, 2, 3)),
    *((getattr(nni, f"ConvBnReLU{n}d"), (CONV[n], NORM[n], relu)) for n in (1, 2, 3) for relu in BOTH),
    *((getattr(nni, f"ConvReLU{n}d"), (CONV[n], relu)) for n in (1, 2, 3) for relu in BOTH),
    *((getattr(nni, f"BNReLU{n}d"), (NORM[n], relu)) for n in (2, 3) for relu in BOTH),
    (nni.LinearReLU, (LINEAR, RELU)),
    (nni.LinearReLU, (LINEAR, RELU6)),
    (nni.LinearBn1d, (LINEAR, NORM[1])),
]


def describe(value):
    return value.__name__ if isinstance(value, type) else "-".join(type(part).__name__ for part in value)


@pytest.mark.parametrize(("kind", "modules"), ACCEPTED, ids=describe)
def test_containers_run_their_modules_in_order(rng, kind, modules):
    fused = kind(*copy.deepcopy(modules)).eval()
    plain = nn.Sequential(*copy.deepcopy(modules)).eval()
    first = modules[0]
    rank = next((n for n in (1, 2, 3) if first in (CONV[n], NORM[n])), 0)
    channels = 3 if first in NORM.values() else 2
    x = rng.normal(size=(2, channels, *(5,) * rank)).astype(np.float32)
    np.testing.assert_array_equal(fused(x), plain(x))
    assert isinstance(fused, nn.Sequential)
    assert list(fused.state_dict()) == list(plain.state_dict())
    assert repr(fused).startswith(f"{kind.__name__}(\n  (0): {type(first).__name__}(")
    np.testing.assert_array_equal(copy.deepcopy(fused)(x), plain(x))


class OtherConv(nn.Conv2d):
    """A subclass, which might compute anything."""


@pytest.mark.parametrize(
    ("kind", "modules"),
    [
        (nni.ConvReLU2d, (OtherConv(2, 3, 3), RELU)),
        (nni.ConvReLU2d, (CONV[1], RELU)),
        (nni.ConvReLU2d, (CONV[2], NORM[2])),
        (nni.ConvBn2d, (CONV[2], NORM[1])),
        (nni.ConvBnReLU2d, (CONV[2], RELU, NORM[2])),
        (nni.LinearReLU, (20, 30)),
        (nni.BNReLU2d, (NORM[3], RELU)),
    ],
    ids=describe,
)
def test_other_types_are_refused(kind, modules):
    with pytest.raises(ArgumentError, match=rf"{kind.__name__} takes .* got \({type(modules[0]).__name__}, "):
        kind(*modules)


def test_modules_go_by_name():
    assert type(nni.ConvBnReLU2d(conv=CONV[2], bn=NORM[2], relu=RELU)[2]) is nn.ReLU
    assert type(nni.LinearReLU(linear=LINEAR, relu=RELU6)[1]) is nn.ReLU6
    assert type(nni.BNReLU3d(batch_norm=NORM[3], relu=RELU)[0]) is nn.BatchNorm3d


def test_an_observer_that_becomes_a_child_is_no_step(rng):
    class Counting(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x

    fused = nni.LinearReLU(LINEAR, RELU)
    observer = fused.activation_post_process = Counting()
    fused.register_forward_hook(lambda module, args, output: observer(output))
    fused(rng.normal(size=(1, 2)).astype(np.float32))
    assert observer.calls == 1


@pytest.fixture
def rng():
    return np.random.default_rng(3)
