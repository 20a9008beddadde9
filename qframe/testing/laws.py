"""The laws of the conformance suite: what must not matter to a kernel, and what it must leave alone."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing.pool import ThreadPool
from typing import Any

import numpy as np
import pytest

import qframe
from qframe.engines import registry
from qframe.ops.packed import PackedConv, PackedLinear, PackedLinearFp16
from qframe.ops.packed_recurrent import PackedGRU, PackedLSTM, PackedRNN

from .assertions import arrays_of, assert_unchanged
from .harness import Harness
from .layouts import LAYOUTS
from .relay import relay_engine
from .sample import Case, cut, map_arrays

Array = np.ndarray[Any, Any]

HOLDERS: dict[str, Any] = {
    "linear_pack": PackedLinear,
    "linear_pack_fp16": PackedLinearFp16,
    "lstm_pack": PackedLSTM,
    "gru_pack": PackedGRU,
    "rnn_pack": PackedRNN,
    "lstm_pack_fp16": PackedLSTM,
    "gru_pack_fp16": PackedGRU,
    "rnn_pack_fp16": PackedRNN,
    "conv1d_pack": PackedConv,
    "conv2d_pack": PackedConv,
    "conv3d_pack": PackedConv,
}


class Laws(Harness):
    """Tests that compare an engine with itself."""

    def test_inputs_stay_unchanged(self, case: Case) -> None:
        """No kernel writes to its arguments."""
        sample = case.sample.copy()
        before = [array.tobytes() for array in sample.arrays()]
        self.run(case.op, sample)
        assert [array.tobytes() for array in sample.arrays()] == before, "the kernel wrote to an argument"

    def test_read_only_inputs(self, case: Case) -> None:
        """Arrays that may not be written to, such as memory-mapped weights, are accepted."""
        expected = self.expected(case.op, case.sample.copy())
        self.assert_no_difference(
            case.op, case.sample.map_arrays(_read_only), expected, "read-only arguments"
        )

    def test_results_own_their_memory(self, case: Case) -> None:
        """Writing to a result later changes no argument, and no later call changes a result."""
        sample = case.sample.copy()
        first, second = self.run_twice(case.op, sample)
        for result, later in zip(first, second, strict=True):
            others = [*sample.arrays(), *arrays_of(later)]
            for output in arrays_of(result):
                shared = [other.shape for other in others if np.may_share_memory(other, output)]
                assert not shared, f"the result shares memory with an argument or a later result {shared}"

    def test_any_strides(self, case: Case) -> None:
        """How the arguments lie in memory does not matter."""
        for name, layout in LAYOUTS.items():
            laid_out = case.sample.copy().map_arrays(layout)
            expected = self.expected(case.op, laid_out.copy())
            self.assert_no_difference(case.op, laid_out, expected, f"arguments {name}")

    def test_empty_batch(self, stacked: Case) -> None:
        """No rows in, no rows out."""
        sample = stacked.sample.copy()
        results = self.run(stacked.op, sample.stacked())
        empty = sample.stacked(slice(0, 0))
        for full, result in zip(results, self.run(stacked.op, empty), strict=True):
            for whole, part in zip(_parts(full), _parts(result), strict=True):
                assert part.shape == (0, *whole.shape[1:]), f"shape {part.shape} for an empty batch"
                assert part.dtype == whole.dtype, f"dtype {part.dtype} for an empty batch"

    def test_position_does_not_matter(self, stacked: Case) -> None:
        """A row's result is the same wherever the row stands: no differing tails or thread seams."""
        sample = stacked.sample.copy()
        expected = self.expected(stacked.op, sample.stacked())
        for start in (1, 3, 31):
            rows = slice(start, None)
            alone = [cut(whole, rows) for whole in expected]
            self.assert_no_difference(stacked.op, sample.stacked(rows), alone, f"rows from {start} on alone")

    def test_same_again(self, case: Case) -> None:
        """Twice the same call gives twice the same bytes."""
        expected = self.expected(case.op, case.sample.copy())
        self.assert_no_difference(case.op, case.sample.copy(), expected, "a second call")

    def test_concurrent_calls(self, case: Case) -> None:
        """Calls from several Python threads at once, on one packed weight, do not disturb each other."""
        sample = case.sample.copy()
        self.run(case.op, sample)  # skips where the engine declines
        kernel = self.kernel(case.op)
        target = kernel if sample.weights is None else kernel(*sample.weights)
        calls = [call for one in sample.calls for call in (one, one.map_arrays(_others))]
        expected = [map_arrays(call.run(target), np.copy) for call in calls]
        with ThreadPool(4) as pool:
            results = pool.map(lambda call: call.run(target), calls * 4, chunksize=1)
        errors = replace(sample, calls=tuple(calls)).errors(0)
        for result, before, error in zip(results, expected * 4, errors * 4, strict=True):
            if result is not NotImplemented:
                assert_unchanged(result, before, error, "called from four threads")

    def test_thread_counts(self, op: str) -> None:
        """One to eight threads of the engine give the same bytes."""
        if registry.descriptor(self.engine).set_num_threads is None:
            pytest.skip(f"engine '{self.engine}' has no threads of its own")
        kernel = self.kernel(op)
        expected = [(case.sample, case.sample.copy().run(kernel)) for case in self.cases(op)]
        accepted = [(s, results) for s, results in expected if all(r is not NotImplemented for r in results)]
        before = qframe.get_num_threads()
        try:
            for threads in range(1, 9):
                qframe.set_num_threads(threads)
                for sample, results in accepted:
                    self.assert_no_difference(op, sample.copy(), results, f"{sample.name}, {threads} threads")
        finally:
            qframe.set_num_threads(before)

    def test_packed_weights_are_self_contained(self, packed: Case) -> None:
        """Overwriting weight and bias after packing changes no result."""
        sample = packed.sample.copy()
        expected = self.expected(packed.op, sample)
        assert sample.weights is not None
        target = self.kernel(packed.op)(*sample.weights)
        for array in replace(sample, calls=()).arrays():
            array[...] = 0
        for call, before, error in zip(sample.calls, expected, sample.errors(0), strict=True):
            assert_unchanged(call.run(target), before, error, "overwritten after packing")

    def test_packing_remembers_nothing(self, packed: Case) -> None:
        """Packing reads the numbers: arrays that were packed before may hold others by now."""
        sample = packed.sample.copy()
        self.run(packed.op, sample)
        for array in replace(sample, calls=()).arrays():
            array[...] = _others(array)
        expected = self.expected(packed.op, sample.copy())
        self.assert_no_difference(packed.op, sample, expected, "packed again with other numbers in place")

    def test_repack_after_an_engine_switch(self, packed: Case) -> None:
        """A layer's weight runs on the engine in use, and as before once the engine is back."""
        if packed.op not in HOLDERS:
            pytest.skip(f"qframe has no holder for weights that '{packed.op}' packs")
        expected = self.expected(packed.op, packed.sample.copy())
        sample = packed.sample.copy()
        assert sample.weights is not None
        holder = HOLDERS[packed.op](*sample.weights)
        with relay_engine() as other:
            for engine in (self.engine, other, self.engine):
                with registry.use_engine(engine):
                    assert holder.engine == engine
                    results = [call.run(holder) for call in sample.calls]
                if engine == self.engine:
                    for result, before, error in zip(results, expected, sample.errors(0), strict=True):
                        assert_unchanged(result, before, error, "the holder")


def _parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def _read_only(array: Array) -> Array:
    array = array.copy()
    array.setflags(write=False)
    return array


def _others(array: Array) -> Array:
    """Return other numbers of the same kind: half as large, in the opposite order."""
    return (np.flip(array) / 2).astype(array.dtype)
