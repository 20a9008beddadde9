"""Two small tensors that the tests of QTensor share, one per tensor and one per channel."""

import numpy as np

from qframe.qtensor import QTensor

CODES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def per_tensor():
    """Return CODES with scale 0.5 and zero point 2."""
    return QTensor.per_tensor(CODES.copy(), 0.5, 2)


def per_channel():
    """Return CODES per channel along axis 1 of (2, 3, 4)."""
    return QTensor.per_channel(CODES.copy(), [0.5, 0.25, 2.0], [0, 1, 2], 1)


def real(codes, scale=0.5, zero_point=2):
    """Return the real values of codes."""
    return (scale * (codes.astype(np.float32) - zero_point)).astype(np.float32)
