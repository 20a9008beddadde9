"""The conformance suite: a class of tests that a plugin subclasses with the name of its engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from multiprocessing.pool import ThreadPool
from typing import Any, ClassVar

import numpy as np
import pytest

import qframe
from qframe.engines import OPS, Kernel, registry
from qframe.engines.dispatch import adapted
from qframe.ops.packed import Packed, PackedConv, PackedLinear, PackedLinearFp16
from qframe.qtensor import QTensor

from . import saturation
from .assertions import assert_same_result, assert_unchanged, assert_well_formed
from .layouts import LAYOUTS
from .relay import relay_engine
from .sample import Case, Sample, SampleMaker, cases
from .samples import SAMPLES

Array = np.ndarray[Any, Any]

REFERENCE = "reference"
HOLDERS: dict[str, type[Packed]] = {
    "linear_pack": PackedLinear,
    "linear_pack_fp16": PackedLinearFp16,
    "conv1d_pack": PackedConv,
    "conv2d_pack": PackedConv,
    "conv3d_pack": PackedConv,
}


class EngineSuite:
    """Everything that an engine must do; each op that it lacks, or declines for a sample, is a skip.

    Attributes:
        engine: the name of the engine under test.
        tolerance: how many quantized steps its integers may differ from the reference's.
        samples: what makes the samples of each op; extend it for ops of your own.
    """

    engine: ClassVar[str]
    tolerance: ClassVar[int] = 0
    samples: ClassVar[Mapping[str, SampleMaker]] = SAMPLES

    # -- what pytest parametrises the tests with -------------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Fill the arguments ``op`` and ``case``, ``stacked`` (with rows) and ``packed`` of the tests."""
        if "op" in metafunc.fixturenames:
            metafunc.parametrize("op", list(OPS))
        if "products" in metafunc.fixturenames:
            every = [p for inputs in (2, 17, 64, 515) for p in saturation.products(inputs)]
            metafunc.parametrize("products", every, ids=lambda p: f"{p.name}-{p.weight.shape[1]}")
        for name, wanted in SELECTIONS.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, [c for c in cases(self.samples) if wanted(c)], ids=str)

    # -- help for the tests ----------------------------------------------------------------------

    def kernel(self, op: str) -> Kernel:
        """Return the engine's own kernel; skip the test where it has none."""
        kernel = registry.kernel(self.engine, op)
        if kernel is None:
            pytest.skip(f"engine '{self.engine}' does not provide op '{op}'")
        return adapted(kernel, OPS[op], self.engine)

    def run(self, op: str, sample: Sample) -> list[Any]:
        """Return the engine's results; skip the test where it declines."""
        results = sample.run(self.kernel(op))
        if any(result is NotImplemented for result in results):
            pytest.skip(f"engine '{self.engine}' declines op '{op}' for some samples")
        return results

    def assert_no_difference(self, op: str, changed: Sample, expected: list[Any], why: str) -> None:
        """Raise unless a change that must not matter left the results as they were."""
        for result, before, error in zip(self.run(op, changed), expected, changed.errors(0), strict=True):
            assert_unchanged(result, before, error, why)

    # -- coverage --------------------------------------------------------------------------------

    def test_every_op_has_samples(self) -> None:
        """Whoever adds an op adds its samples."""
        without = [op for op in OPS if not list(cases(self.samples, op) if op in self.samples else ())]
        assert not without, f"ops without samples: {', '.join(without)}; add them to qframe.testing.samples"

    def test_engine_is_usable(self) -> None:
        """The engine exists and can run on this machine."""
        registry.check_usable(self.engine)

    def test_signature(self, op: str) -> None:
        """A kernel has the arguments and defaults of the contract, in the same order."""
        self.kernel(op)
        kernel = registry.kernel(self.engine, op)
        try:
            given = list(inspect.signature(kernel).parameters)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            pytest.skip(f"the kernel of op '{op}' shows no signature")
        wanted = [name for name in OPS[op].signature.parameters if name in given]
        assert [name for name in given if name in wanted] == wanted, f"arguments {given}, contract {wanted}"

    # -- results ---------------------------------------------------------------------------------

    def test_agrees_with_reference(self, case: Case) -> None:
        """Integers agree within the tolerance; qparams, shapes, dtypes and exact floats are equal."""
        results = self.run(case.op, case.sample.copy())
        kernel = registry.kernel(REFERENCE, case.op)
        if kernel is None:
            pytest.skip(f"the reference does not provide op '{case.op}'")
        expected = case.sample.copy().run(kernel)
        errors = case.sample.errors(self.tolerance)
        for result, wanted, error in zip(results, expected, errors, strict=True):
            assert_same_result(result, wanted, tolerance=self.tolerance, error=error)

    def test_output_qparams_and_dtype(self, case: Case) -> None:
        """Results carry the qparams that were asked for (or the input's), in the right dtype."""
        for call, result in zip(case.sample.calls, self.run(case.op, case.sample.copy()), strict=True):
            assert_well_formed(OPS[case.op], call, result)

    def test_products_never_saturate(self, products: saturation.Products) -> None:
        """Sums of two large products are exact on every instruction set, wherever the pair stands."""
        kernel = self.kernel("linear_pack")
        x = QTensor.per_tensor(products.activations, 1.0, 0)
        for per_channel in (False, True):
            packed = kernel(saturation.weight_tensor(products.weight, per_channel), None)
            if packed is NotImplemented:
                pytest.skip(f"engine '{self.engine}' declines these weights")
            for scale in saturation.SCALES:
                result = packed(x, scale, saturation.ZERO_POINT)
                self._assert_codes(result, products.codes(scale), f"linear, per_channel={per_channel}")
            floats = packed.dynamic(products.activations.astype(np.float32))
            error = np.abs(products.sums).max() * (1e-6 + self.tolerance / 255)
            np.testing.assert_allclose(floats, products.sums, atol=error, rtol=0)

    @pytest.mark.parametrize("groups", [1, 2, 8], ids="groups{}".format)
    def test_convolutions_never_saturate(self, groups: int) -> None:
        """The same for convolutions: dense, grouped and depthwise."""
        kernel = self.kernel("conv2d_pack")
        channels = 8
        x = QTensor.per_tensor(np.full((1, channels, 4, 4), 255, dtype=np.uint8), 1.0, 0)
        codes = np.full((channels, channels // groups, 3, 3), 127, dtype=np.int8)
        codes[1::2] = -128
        packed = kernel(QTensor.per_tensor(codes, 1.0, 0), None, (1, 1), (0, 0), (1, 1), groups)
        if packed is NotImplemented:
            pytest.skip(f"engine '{self.engine}' declines these weights")
        sums = 255 * codes.astype(np.int64).sum(axis=(1, 2, 3))
        for scale in saturation.SCALES:
            expected = np.clip(saturation.ZERO_POINT + np.rint(sums / scale), 0, 255)
            result = packed(x, scale, saturation.ZERO_POINT)
            self._assert_codes(
                result, np.broadcast_to(expected[None, :, None, None], (1, channels, 2, 2)), "conv2d"
            )

    def _assert_codes(self, result: QTensor, expected: Any, what: str) -> None:
        far = np.abs(result.int_repr().astype(np.int64) - expected).max()
        assert far <= self.tolerance, f"{what}: codes are off by up to {far}: sums have saturated or wrapped"

    # -- laws ------------------------------------------------------------------------------------

    def test_inputs_stay_unchanged(self, case: Case) -> None:
        """No kernel writes to its arguments."""
        sample = case.sample.copy()
        before = [array.tobytes() for array in sample.arrays()]
        self.run(case.op, sample)
        assert [array.tobytes() for array in sample.arrays()] == before, "the kernel wrote to an argument"

    def test_read_only_inputs(self, case: Case) -> None:
        """Arrays that may not be written to, such as memory-mapped weights, are accepted."""
        expected = self.run(case.op, case.sample.copy())
        self.assert_no_difference(
            case.op, case.sample.map_arrays(_read_only), expected, "read-only arguments"
        )

    def test_results_share_no_memory_with_inputs(self, case: Case) -> None:
        """Writing to a result later changes no argument."""
        sample = case.sample.copy()
        for result in self.run(case.op, sample):
            for output in _arrays_of(result):
                shared = [a.shape for a in sample.arrays() if a.size and np.may_share_memory(a, output)]
                assert not shared, f"the result shares memory with the argument of shape {shared[0]}"

    def test_any_strides(self, case: Case) -> None:
        """How the arguments lie in memory does not matter."""
        for name, layout in LAYOUTS.items():
            laid_out = case.sample.copy().map_arrays(layout)
            expected = self.run(case.op, laid_out.copy())
            self.assert_no_difference(case.op, laid_out, expected, f"arguments {name}")

    def test_empty_batch(self, stacked: Case) -> None:
        """No rows in, no rows out."""
        sample = stacked.sample.copy()
        results = self.run(stacked.op, sample.stacked())
        empty = sample.stacked(slice(0, 0))
        for full, result in zip(results, self.run(stacked.op, empty), strict=True):
            assert result.shape == (0, *full.shape[1:]), f"shape {result.shape} for an empty batch"
            assert result.dtype == full.dtype

    def test_position_does_not_matter(self, stacked: Case) -> None:
        """A row's result is the same wherever the row stands: no differing tails or thread seams."""
        sample = stacked.sample.copy()
        expected = self.run(stacked.op, sample.stacked())
        for start in (1, 3, 31):
            rows = [whole[start:] for whole in expected]
            self.assert_no_difference(
                stacked.op, sample.stacked(slice(start, None)), rows, f"rows from {start} on alone"
            )

    def test_same_again(self, case: Case) -> None:
        """Twice the same call gives twice the same bytes."""
        expected = self.run(case.op, case.sample.copy())
        self.assert_no_difference(case.op, case.sample.copy(), expected, "a second call")

    def test_concurrent_calls(self, case: Case) -> None:
        """Calls from several Python threads at once, on one packed weight, do not disturb each other."""
        sample = case.sample.copy()
        expected = self.run(case.op, sample)
        kernel = self.kernel(case.op)
        target = kernel if sample.weights is None else kernel(*sample.weights)
        with ThreadPool(4) as pool:
            for call, before, error in zip(sample.calls, expected, sample.errors(0), strict=True):
                for result in pool.map(call.run, [target] * 8):
                    assert_unchanged(result, before, error, "called from four threads")

    def test_thread_counts(self, case: Case) -> None:
        """One to eight threads of the engine give the same bytes."""
        set_num_threads = getattr(qframe, "set_num_threads", None)
        get_num_threads = getattr(qframe, "get_num_threads", None)
        if set_num_threads is None or get_num_threads is None:
            pytest.skip("this qframe has no set_num_threads")
        expected = self.run(case.op, case.sample.copy())
        before = get_num_threads()
        try:
            for threads in range(1, 9):
                set_num_threads(threads)
                self.assert_no_difference(case.op, case.sample.copy(), expected, f"{threads} threads")
        finally:
            set_num_threads(before)

    def test_repack_after_an_engine_switch(self, packed: Case) -> None:
        """A layer's weight runs on the engine in use, and as before once the engine is back."""
        expected = self.run(packed.op, packed.sample.copy())
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


def _read_only(array: Array) -> Array:
    array = array.copy()
    array.setflags(write=False)
    return array


def _arrays_of(result: Any) -> list[Array]:
    """Return the arrays of a result: one, or those of a tuple."""
    parts = result if isinstance(result, tuple) else (result,)
    arrays = [part.int_repr() if isinstance(part, QTensor) else part for part in parts]
    return [array for array in arrays if isinstance(array, np.ndarray)]


#: Which cases fill which argument.
SELECTIONS: dict[str, Callable[[Case], bool]] = {
    "case": lambda case: True,
    "stacked": lambda case: any(call.rows for call in case.sample.calls),
    "packed": lambda case: case.op in HOLDERS,
}
