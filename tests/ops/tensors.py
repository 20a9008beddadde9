"""Small valid arguments, for tests that spoil one of them."""

import numpy as np

from qframe.qtensor import QTensor


def activation(*shape, scale=0.1, zero_point=3, dtype=np.uint8):
    return QTensor.per_tensor(np.ones(shape, dtype=dtype), scale, zero_point)


def per_channel(*shape, axis=0, dtype=np.int8):
    channels = shape[axis]
    return QTensor.per_channel(
        np.ones(shape, dtype=dtype), np.ones(channels), np.zeros(channels, dtype=int), axis
    )


def weight(*shape):
    return activation(*shape, zero_point=0, dtype=np.int8)


def floats(*shape):
    return np.ones(shape, dtype=np.float32)
