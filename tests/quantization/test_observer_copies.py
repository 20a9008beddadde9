"""Observers copy, pickle, save, load and print; with_args builds them later."""

import copy
import pickle

import numpy as np
import pytest

import qframe
from qframe import quantization as q

from .observing import CLASSES, batches, observed


def test_with_args_builds_a_new_observer_each_time():
    build = q.MinMaxObserver.with_args(reduce_range=True)
    first, second = build(), build()
    assert first is not second
    assert first.reduce_range
    assert build(dtype=qframe.qint8).dtype is qframe.qint8


def test_with_args_chains_and_the_last_wins():
    build = q.MinMaxObserver.with_args(reduce_range=True, dtype=qframe.qint8).with_args(reduce_range=False)
    assert not build().reduce_range
    assert build().dtype is qframe.qint8


def test_with_args_reads_as_the_partial_inside():
    text = repr(q.MinMaxObserver.with_args(reduce_range=True))
    assert (
        text == "functools.partial(<class 'qframe.quantization.observer.MinMaxObserver'>, reduce_range=True)"
    )


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_with_args_copies_and_pickles(duplicate):
    build = q.MinMaxObserver.with_args(dtype=qframe.qint8, qscheme=qframe.per_tensor_symmetric)
    twin = duplicate(build)
    assert twin == build
    assert hash(twin) == hash(build)
    assert twin != build.with_args(reduce_range=True)
    assert twin().qscheme is qframe.per_tensor_symmetric


@pytest.mark.parametrize("kind", [*CLASSES, q.RecordingObserver])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_observers_copy_and_pickle_with_their_data(kind, duplicate):
    first, second = batches(count=2)
    observer = observed(kind(), first)
    twin = duplicate(observer)
    assert twin.calls == 1
    state = {name: value.copy() for name, value in observer.state_dict().items()}
    twin(second)
    for name, value in observer.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    observer(second)
    if kind is not q.RecordingObserver:
        assert [x.tolist() for x in twin.calculate_qparams()] == [
            x.tolist() for x in observer.calculate_qparams()
        ]


NAMES = {
    q.MinMaxObserver: {"min_val", "max_val"},
    q.MovingAverageMinMaxObserver: {"min_val", "max_val"},
    q.PerChannelMinMaxObserver: {"min_vals", "max_vals"},
    q.MovingAveragePerChannelMinMaxObserver: {"min_vals", "max_vals"},
    q.HistogramObserver: {"histogram", "min_val", "max_val"},
    q.MinMaxDynamicQuantObserver: {"min_val", "max_val"},
}


@pytest.mark.parametrize("kind", CLASSES)
def test_state_dict_round_trip_whatever_the_shapes_are(kind):
    full, empty = observed(kind(), *batches()), kind()
    assert set(full.state_dict()) == NAMES[kind]
    fresh, other = kind(), observed(kind(), np.ones((7, 2, 1), np.float32))
    for target in (fresh, other):
        target.load_state_dict(full.state_dict())
        for found, wanted in zip(target.calculate_qparams(), full.calculate_qparams(), strict=True):
            np.testing.assert_array_equal(found, wanted)
        target(np.ones((4, 3, 5), np.float32))
    fresh.load_state_dict(empty.state_dict())
    assert not fresh.has_data


def test_loading_does_not_share_memory():
    full = observed(q.MinMaxObserver(), np.ones(3, np.float32))
    twin = q.MinMaxObserver()
    twin.load_state_dict(full.state_dict())
    twin(np.full(3, 9, np.float32))
    assert full.max_val == 1


def test_loading_reports_missing_and_misfit_entries():
    with pytest.raises(qframe.errors.StateDictError, match="missing: max_val"):
        q.MinMaxObserver().load_state_dict({"min_val": np.float32(1)})
    state = q.HistogramObserver(bins=16).state_dict()
    with pytest.raises(qframe.errors.StateDictError, match="histogram has shape"):
        q.HistogramObserver(bins=32).load_state_dict(state)


def test_repr_shows_the_extremes():
    observer = q.MinMaxObserver()
    assert repr(observer) == "MinMaxObserver(min_val=tensor([]), max_val=tensor([]))"
    observer(np.array([-1.5, 2], np.float32))
    assert repr(observer) == "MinMaxObserver(min_val=-1.5, max_val=2.0)"
    per_channel = observed(q.PerChannelMinMaxObserver(), np.array([[-1, 2], [0, 3]], np.float32))
    text = "PerChannelMinMaxObserver(min_vals=tensor([-1.0000, 0.0000]), max_vals=tensor([2.0000, 3.0000]))"
    assert repr(per_channel) == text
    assert repr(q.HistogramObserver()) == "HistogramObserver()"
    assert repr(q.RecordingObserver()) == "RecordingObserver()"


def test_ready_made_observers():
    assert repr(q.default_observer()) == repr(q.MinMaxObserver())
    assert q.default_observer().reduce_range
    weight = q.default_weight_observer()
    assert (type(weight), weight.dtype, weight.qscheme) == (
        q.MinMaxObserver,
        qframe.qint8,
        qframe.per_tensor_symmetric,
    )
    assert type(q.default_histogram_observer()) is q.HistogramObserver
    assert q.default_histogram_observer().reduce_range
    per_channel = q.default_per_channel_weight_observer()
    assert (per_channel.dtype, per_channel.qscheme, per_channel.ch_axis) == (
        qframe.qint8,
        qframe.per_channel_symmetric,
        0,
    )
    assert q.default_debug_observer is q.RecordingObserver
    assert q.default_dynamic_quant_observer is q.MinMaxDynamicQuantObserver
