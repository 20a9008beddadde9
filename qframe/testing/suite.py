"""The conformance suite: a class of tests that a plugin subclasses with the name of its engine."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from qframe.engines import OPS, registry
from qframe.ops.protocols import (
    PackedConvKernel,
    PackedLinearFp16Kernel,
    PackedLinearKernel,
    PackedRecurrentFp16Kernel,
    PackedRecurrentKernel,
)
from qframe.qtensor import QTensor

from . import saturation
from .assertions import assert_same_result, assert_well_formed
from .harness import chosen_ops
from .laws import Laws
from .sample import Case

REFERENCE = "reference"

#: What the packed weights of each op look like.
PROTOCOLS: dict[str, tuple[Any, ...]] = {
    "linear_pack": (PackedLinearKernel.__call__, PackedLinearKernel.dynamic),
    "linear_pack_fp16": (PackedLinearFp16Kernel.__call__,),
    "lstm_pack": (PackedRecurrentKernel.__call__,),
    "gru_pack": (PackedRecurrentKernel.__call__,),
    "rnn_pack": (PackedRecurrentKernel.__call__,),
    "lstm_pack_fp16": (PackedRecurrentFp16Kernel.__call__,),
    "gru_pack_fp16": (PackedRecurrentFp16Kernel.__call__,),
    "rnn_pack_fp16": (PackedRecurrentFp16Kernel.__call__,),
    "conv1d_pack": (PackedConvKernel.__call__,),
    "conv2d_pack": (PackedConvKernel.__call__,),
    "conv3d_pack": (PackedConvKernel.__call__,),
}


class EngineSuite(Laws):
    """Everything that an engine must do; each op that it lacks, or declines for a sample, is a skip.

    A subclass says which with the attributes of :class:`~qframe.testing.harness.Harness`.
    """

    # -- coverage --------------------------------------------------------------------------------

    def test_every_op_has_samples(self) -> None:
        """Whoever adds an op adds its samples; what the engine does not provide is the business of others."""
        self.require_usable()
        provided = [op for op in chosen_ops(self.ops) if registry.kernel(self.engine, op) is not None]
        without = [op for op in provided if not self.cases(op)]
        assert not without, (
            f"ops without samples: {', '.join(without)}; declare them with @op(samples=...), or for an op of "
            "qframe itself add them to qframe.testing.samples"
        )

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

    def test_packed_signature(self, packed_op: str) -> None:
        """A packed weight is called with the arguments and defaults of its protocol."""
        if packed_op not in PROTOCOLS:
            pytest.skip(f"qframe has no protocol for weights that '{packed_op}' packs")
        packed = self.cases(packed_op)[0].sample.copy().weights
        form = self.kernel(packed_op)(*packed)  # type: ignore[misc]
        if form is NotImplemented:
            pytest.skip(f"engine '{self.engine}' declines op '{packed_op}' for some samples")
        for method in PROTOCOLS[packed_op]:
            own = getattr(form, method.__name__)
            assert _parameters(own) == _parameters(method), f"{method.__name__}: see {method.__qualname__}"

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


def _parameters(function: Any) -> list[tuple[str, Any]]:
    """Return names and defaults, without self."""
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.default) for p in parameters if p.name != "self"]
