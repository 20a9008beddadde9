"""The samples: complete, readable, within the contracts, and never written to."""

import numpy as np
import pytest

from qframe.engines import OPS, registry
from qframe.plugin import QTensor
from qframe.testing import SAMPLES, cases
from qframe.testing.layouts import LAYOUTS
from qframe.testing.relay import relay_engine
from qframe.testing.saturation import products

OWN = [name for name, op in OPS.items() if op.contract.__module__.startswith("qframe.ops.")]


def test_every_op_has_samples():
    assert set(SAMPLES) == set(OWN)


def test_names_are_unique():
    names = [str(case) for case in cases(SAMPLES)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("op", OWN)
def test_samples_satisfy_the_contract(op):
    for case in cases(SAMPLES, op):
        sample = case.sample
        if sample.weights is not None:
            OPS[op].contract(*sample.weights)
        else:
            OPS[op].contract(*sample.calls[0].args, **sample.calls[0].kwargs)


def plain_arguments(op):
    """Yield name and value of each argument that is neither array nor tensor, over all samples."""
    for case in cases(SAMPLES, op):
        weights = case.sample.weights
        calls = [(weights, {})] if weights else [(call.args, call.kwargs) for call in case.sample.calls]
        for args, kwargs in calls:
            for name, value in OPS[op].signature.bind(*args, **kwargs).arguments.items():
                first = value[0] if isinstance(value, (tuple, list)) and value else value
                if not isinstance(first, (np.ndarray, QTensor)):
                    yield name, value


@pytest.mark.parametrize("op", OWN)
def test_every_argument_takes_several_values(op):
    values = {}
    for name, value in plain_arguments(op):
        values.setdefault(name, set()).add(value)
    arrays = {name for name, seen in values.items() if seen == {None}}  # an array elsewhere
    assert [name for name, seen in values.items() if len(seen) == 1 and name not in arrays] == []


@pytest.mark.parametrize("op", OWN)
def test_samples_are_made_anew_from_a_fixed_seed(op):
    for one, other in zip(SAMPLES[op](), SAMPLES[op](), strict=True):
        assert [a.tobytes() for a in one.arrays()] == [a.tobytes() for a in other.arrays()]


def test_copies_share_no_memory():
    sample = cases(SAMPLES, "cat")[0].sample
    for own, copied in zip(sample.arrays(), sample.copy().arrays(), strict=True):
        assert np.array_equal(own, copied)
        assert not np.shares_memory(own, copied)


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "broadcast with stride 0"])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 3, 4, 5)], ids=str)
def test_layouts_keep_the_numbers(name, shape):
    array = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    assert np.array_equal(LAYOUTS[name](array), array)


def test_layouts_are_not_contiguous():
    array = np.arange(120, dtype=np.uint8).reshape(2, 3, 4, 5)
    assert not any(layout(array).flags.c_contiguous for layout in LAYOUTS.values())


@pytest.mark.parametrize("inputs", [2, 17, 64])
def test_products_go_beyond_int16(inputs):
    for example in products(inputs):
        pair = example.activations[0, :2].astype(int) @ example.weight[:, :2].astype(int).T
        assert np.abs(pair).max() > 2**15
        assert np.abs(example.sums).max() < 2**24


def test_relay_engine_lives_for_the_block_only():
    with relay_engine() as name:
        assert registry.kernel(name, "add") is registry.kernel("reference", "add")
    assert name not in registry.inventory.engines
