"""The embedding layer."""

import numpy as np
import pytest

from qframe import nn
from qframe.errors import ArgumentError, DTypeError


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 2)])
def test_rows_of_the_table(dtype, shape):
    layer = nn.Embedding(5, 3)
    indices = np.asarray(np.random.default_rng(0).integers(0, 5, shape)).astype(dtype)
    out = layer(indices)
    assert (out.dtype, out.shape) == (np.float32, (*shape, 3))
    for place in np.ndindex(*shape):
        np.testing.assert_array_equal(out[place], layer.weight[int(indices[place])])


def test_the_result_is_a_copy():
    layer = nn.Embedding(2, 3)
    before = layer.weight.copy()
    layer(np.array([0, 1]))[...] = 9
    np.testing.assert_array_equal(layer.weight, before)


@pytest.mark.parametrize("padding_idx", [1, -4])
def test_the_padding_begins_as_zeros(padding_idx):
    layer = nn.Embedding(5, 3, padding_idx)
    assert layer.padding_idx == 1
    assert (~layer.weight.any(axis=1)).tolist() == [False, True, False, False, False]
    assert repr(layer) == "Embedding(5, 3, padding_idx=1)"
    assert repr(nn.Embedding(5, 3)) == "Embedding(5, 3)"


def test_what_is_refused():
    layer = nn.Embedding(5, 3)
    with pytest.raises(ArgumentError, match="indices from -1 to 2, but the table has 5 rows"):
        layer(np.array([2, -1]))
    with pytest.raises(ArgumentError, match="indices from 5 to 5"):
        layer(np.array(5))
    with pytest.raises(DTypeError, match="float32 array of shape"):
        layer(np.ones(2, np.float32))
    with pytest.raises(DTypeError, match="needs an array of integers"):
        layer([1, 2])
    with pytest.raises(ArgumentError, match="padding_idx=5 is no row of 5"):
        nn.Embedding(5, 3, 5)
    with pytest.raises(ArgumentError, match="embedding_dim=0"):
        nn.Embedding(5, 0)
    for arguments in ({"max_norm": 1.0}, {"sparse": True}, {"scale_grad_by_freq": True}):
        with pytest.raises(NotImplementedError, match=f"{next(iter(arguments))}="):
            nn.Embedding(5, 3, **arguments)
