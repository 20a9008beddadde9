"""Linear layers against their definitions: static, dynamic, half precision, and sums beyond float32."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive.draws import clamps, few, floats, packed_pair, scales, sizes, tensors, weights, zero_points

from qframe.engines import registry
from qframe.plugin import QTensor, quint8
from qframe.testing import assert_same_result
from qframe.testing.sample import Call
from qframe.testing.samples.linear import half_precision_error

small = {"rows": sizes(1, 4), "inputs": sizes(1, 70), "outputs": sizes(1, 5)}


def biases(outputs):
    return st.none() | floats((outputs,))


@few
@given(**small, data=st.data(), scale=scales)
def test_linear(rows, inputs, outputs, data, scale):
    engine, definition = packed_pair(
        "linear_pack", data.draw(weights((outputs, inputs))), data.draw(biases(outputs))
    )
    arguments = data.draw(tensors((rows, inputs))), scale, data.draw(zero_points(quint8))
    clamp = data.draw(clamps())
    assert_same_result(engine(*arguments, clamp=clamp), definition(*arguments, clamp=clamp))


@few
@given(**small, data=st.data(), relu=st.booleans(), reduce_range=st.booleans())
def test_dynamic_linear(rows, inputs, outputs, data, relu, reduce_range):
    engine, definition = packed_pair(
        "linear_pack", data.draw(weights((outputs, inputs))), data.draw(biases(outputs))
    )
    x = data.draw(floats((rows, inputs))) + np.float32(data.draw(st.sampled_from([-5, 0, 5])))
    options = {"relu": relu, "reduce_range": reduce_range}
    assert_same_result(engine.dynamic(x, **options), definition.dynamic(x, **options))


@few
@given(**small, data=st.data(), relu=st.booleans())
def test_half_precision_linear(rows, inputs, outputs, data, relu):
    arguments = data.draw(floats((outputs, inputs))), data.draw(biases(outputs))
    engine, definition = packed_pair("linear_pack_fp16", *arguments)
    x = data.draw(floats((rows, inputs)))
    error = half_precision_error(arguments, Call((x,), {}), 0)
    assert_same_result(engine(x, relu=relu), definition(x, relu=relu), error=error)


@pytest.mark.parametrize("inputs", [513, 514, 515, 516, 1029, 1200, 4099])
@pytest.mark.parametrize("code", [127, -128])
@pytest.mark.parametrize("zero_point", [0, 255])
def test_sums_that_float32_cannot_hold_are_exact(inputs, code, zero_point):
    """514 products of 255 * 128 are the most that fit into 24 bits; the last input makes the sum odd."""
    weight = np.full((2, inputs), code, dtype=np.int8)
    weight[:, -1] = 1
    activations = np.full((1, inputs), 255 - zero_point, dtype=np.uint8)
    x = QTensor.per_tensor(activations, 1.0, zero_point)
    exact = int((activations[0].astype(np.int64) - zero_point) @ weight[0].astype(np.int64))
    assert abs(exact) > 2**23
    bias = np.array([-exact, -exact + 100], dtype=np.float32)  # what is left over fits into a code
    packed = registry.kernel("reference", "linear_pack")(QTensor.per_tensor(weight, 1.0, 0), bias)
    expected = int(np.float32(exact)) + bias.astype(np.int64)
    assert packed(x, 1.0, 0).int_repr().tolist() == [np.clip(expected, 0, 255).tolist()]
    engine, definition = packed_pair("linear_pack", QTensor.per_tensor(weight, 1.0, 0), bias)
    assert_same_result(engine(x, 1.0, 7), definition(x, 1.0, 7))


@few
@given(inputs=sizes(500, 1300), data=st.data())
def test_long_linear(inputs, data):
    engine, definition = packed_pair("linear_pack", data.draw(weights((3, inputs))), data.draw(biases(3)))
    x = data.draw(tensors((2, inputs)))
    scale = x.q_scale() * inputs
    assert_same_result(engine(x, scale, 100), definition(x, scale, 100))
