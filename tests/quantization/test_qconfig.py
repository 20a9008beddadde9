"""QConfig, the ready-made ones, and those derived from an engine."""

import copy
import pickle

import pytest

import qframe
from qframe import nn
from qframe import quantization as q
from qframe.engines import registry

from ..engines.fakes import FakePlugin, engine

READY_MADE = [
    q.default_qconfig,
    q.default_debug_qconfig,
    q.default_per_channel_qconfig,
    q.default_dynamic_qconfig,
    q.float16_dynamic_qconfig,
    q.per_channel_dynamic_qconfig,
]


def described(build):
    """What an observer would be built with."""
    observer = build()
    names = ("dtype", "qscheme", "reduce_range")
    return type(observer), *(getattr(observer, name, None) for name in names)


WEIGHT = (q.MinMaxObserver, qframe.qint8, qframe.per_tensor_symmetric, False)
CHANNEL_WEIGHT = (q.PerChannelMinMaxObserver, qframe.qint8, qframe.per_channel_symmetric, False)
ACTIVATION = (q.MinMaxObserver, qframe.quint8, qframe.per_tensor_affine, True)
DYNAMIC = (q.MinMaxDynamicQuantObserver, qframe.quint8, qframe.per_tensor_affine, False)


@pytest.mark.parametrize(
    ("qconfig", "kind", "activation", "weight"),
    [
        (q.default_qconfig, q.QConfig, ACTIVATION, WEIGHT),
        (q.default_per_channel_qconfig, q.QConfig, ACTIVATION, CHANNEL_WEIGHT),
        (q.default_dynamic_qconfig, q.QConfigDynamic, DYNAMIC, WEIGHT),
        (q.per_channel_dynamic_qconfig, q.QConfigDynamic, DYNAMIC, CHANNEL_WEIGHT),
        (
            q.float16_dynamic_qconfig,
            q.QConfigDynamic,
            DYNAMIC,
            (q.NoopObserver, qframe.float16, None, None),
        ),
    ],
)
def test_ready_made(qconfig, kind, activation, weight):
    assert type(qconfig) is kind
    assert described(qconfig.activation) == activation
    assert described(qconfig.weight) == weight


def test_debug_qconfig_records():
    assert q.default_debug_qconfig.activation is q.RecordingObserver


def histogram(reduce_range):
    return q.HistogramObserver, qframe.quint8, qframe.per_tensor_affine, reduce_range


@pytest.mark.parametrize(
    ("backend", "reduce_range", "weight"),
    [("fbgemm", True, CHANNEL_WEIGHT), ("qnnpack", False, WEIGHT), ("reference", False, CHANNEL_WEIGHT)],
)
def test_default_of_an_engine(backend, reduce_range, weight):
    qconfig = q.get_default_qconfig(backend)
    assert type(qconfig) is q.QConfig
    assert described(qconfig.activation) == histogram(reduce_range)
    assert described(qconfig.weight) == weight


def test_default_is_fbgemm():
    assert q.get_default_qconfig() == q.get_default_qconfig("fbgemm")


@pytest.mark.parametrize("reduce_range", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
def test_engine_of_a_third_party_says_what_it_wants(reduce_range, per_channel):
    described_engine = engine("npu", reduce_range=reduce_range, per_channel=per_channel)
    registry.register(FakePlugin(described_engine), "npu")
    try:
        qconfig = q.get_default_qconfig("npu")
    finally:
        registry.unregister("npu")
    assert described(qconfig.activation) == histogram(reduce_range)
    assert described(qconfig.weight) == (CHANNEL_WEIGHT if per_channel else WEIGHT)


@pytest.mark.parametrize("backend", ["npu", "", None, ["fbgemm"]])
def test_unknown_engine_is_refused_with_those_known(backend):
    with pytest.raises(qframe.errors.ConfigurationError, match="known: fbgemm, qnnpack, reference"):
        q.get_default_qconfig(backend)


@pytest.mark.parametrize("kind", [q.QConfig, q.QConfigDynamic])
def test_observers_that_are_built_already_are_refused(kind):
    with pytest.raises(ValueError, match=r"weight=MinMaxObserver\(\).*MinMaxObserver.with_args"):
        kind(activation=nn.Identity, weight=q.MinMaxObserver())
    with pytest.raises(ValueError, match="activation=Identity"):
        kind(activation=nn.Identity(), weight=q.MinMaxObserver)


@pytest.mark.parametrize("value", ["minmax", None, qframe.qint8])
def test_what_cannot_be_called_is_refused(value):
    with pytest.raises(qframe.errors.ConfigurationError, match="cannot be called"):
        q.QConfig(activation=q.MinMaxObserver, weight=value)


def test_members_have_the_documented_names_and_order():
    activation, weight = q.default_qconfig
    assert q.default_qconfig._fields == ("activation", "weight")
    assert (activation, weight) == (q.default_observer, q.default_weight_observer)
    assert q.QConfigDynamic() == (nn.Identity, nn.Identity)
    assert q.default_qconfig._replace(weight=q.MinMaxObserver).weight is q.MinMaxObserver


@pytest.mark.parametrize("qconfig", READY_MADE)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_pickles(qconfig, duplicate):
    twin = duplicate(qconfig)
    assert type(twin) is type(qconfig)
    assert twin == qconfig
    assert described(twin.weight) == described(qconfig.weight)
