"""The observer classes by family, and data for them."""

import numpy as np

import qframe
from qframe import quantization as q

PER_TENSOR = [qframe.per_tensor_affine, qframe.per_tensor_symmetric]
PER_CHANNEL = [qframe.per_channel_affine, qframe.per_channel_symmetric]
TENSOR_CLASSES = [q.MinMaxObserver, q.MovingAverageMinMaxObserver, q.HistogramObserver]
CHANNEL_CLASSES = [q.PerChannelMinMaxObserver, q.MovingAveragePerChannelMinMaxObserver]
CLASSES = [*TENSOR_CLASSES, *CHANNEL_CLASSES, q.MinMaxDynamicQuantObserver]


def batches(seed=0, count=3, shape=(4, 3, 5)):
    rng = np.random.default_rng(seed)
    return [np.float32(rng.normal(size=shape) * 2**i + i) for i in range(count)]


def observed(observer, *data):
    for batch in data:
        observer(batch)
    return observer
