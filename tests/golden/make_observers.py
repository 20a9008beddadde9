"""Golden data: every observer that computes qparams, over several batches."""

import numpy as np
import torch
from bridge import DTYPES, tensor
from store import Writer
from torch.quantization import observer as observers

PER_TENSOR = [torch.per_tensor_affine, torch.per_tensor_symmetric]
PER_CHANNEL = [torch.per_channel_affine, torch.per_channel_symmetric]
SHAPE = (4, 3, 5, 6)


def batches(rng):
    """Name -> (batches, *SHAPE) float32: what calibration may meet."""
    normal = rng.randn(3, *SHAPE)
    spots = np.zeros((3, *SHAPE))
    spots[0], spots[1], spots[2] = 5.0, rng.randn(*SHAPE) + 5, 5.0
    channels = normal * np.exp(rng.randn(1, 1, 3, 1, 1) * 2)
    return {
        "normal": normal,
        "shifting": normal * np.array([1, 3, 0.5]).reshape(3, 1, 1, 1, 1)
        + np.array([0, -4, 9]).reshape(3, 1, 1, 1, 1),
        "growing": normal * np.array([1, 10, 300]).reshape(3, 1, 1, 1, 1),
        "channels": channels,
        "positive": np.abs(normal) + 0.5,
        "negative": -np.abs(normal) - 0.5,
        "relu": np.maximum(normal, 0),
        "constant": np.full((2, *SHAPE), 5.0),
        "negative_constant": np.full((2, *SHAPE), -0.3),
        "zeros": np.zeros((2, *SHAPE)),
        "tiny": normal * 1e-9,
        "large": normal * 1e8,
        "huge": normal * 1e30,
        "constant_then_more": spots,
        "heavy_tailed": rng.standard_t(1.5, (3, *SHAPE)),
    }


def combinations(schemes):
    """(dtype name, qscheme, reduce_range) that 1.6 accepts: it refuses quint8, symmetric, reduced."""
    for dtype in ("quint8", "qint8"):
        for scheme in schemes:
            for reduce_range in (False, True):
                if not (dtype == "quint8" and reduce_range and "symmetric" in str(scheme)):
                    yield dtype, scheme, reduce_range


def make():
    """Write observers.npz."""
    out = Writer("observers")
    data = {name: np.float32(array) for name, array in batches(np.random.RandomState(2)).items()}
    for name, array in data.items():
        out.add("data[%s]" % name, {"batches": array}, kind="data")
        per_tensor_cases(out, name, array, observers.MinMaxObserver, {})
        for constant in (0.01, 0.3):
            per_tensor_cases(
                out, name, array, observers.MovingAverageMinMaxObserver, {"averaging_constant": constant}
            )
        for axis in range(4):
            per_channel_cases(out, name, array, observers.PerChannelMinMaxObserver, {"ch_axis": axis})
        arguments = {"ch_axis": 1, "averaging_constant": 0.2}
        per_channel_cases(out, name, array, observers.MovingAveragePerChannelMinMaxObserver, arguments)
        if name == "huge":
            continue  # the error that the histogram's search minimises overflows PyTorch's float32
        for bins in (32, 64, 2048):
            histogram_cases(out, name, array, {"bins": bins})
        histogram_cases(out, name, array, {"bins": 64, "upsample_rate": 16})
    return out.save()


def label(cls, arguments, data, *rest):
    """Readable name of a case."""
    inner = [data] + ["%s=%s" % item for item in sorted(arguments.items())] + [str(r) for r in rest]
    return "%s[%s]" % (cls.__name__, "-".join(inner))


def record(out, cls, arguments, data, state, qparams):
    """One case per observer and data: the state after each batch, and qparams for every combination."""
    arrays = dict(state)
    names = []
    for (dtype, scheme, reduce_range), (scale, zero_point) in qparams:
        key = "%s-%s-%s" % (dtype, str(scheme).replace("torch.", ""), "reduced" if reduce_range else "full")
        names.append([key, dtype, str(scheme).replace("torch.", ""), reduce_range])
        arrays["scale/" + key] = np.float32(scale.numpy()).reshape(-1)
        arrays["zero_point/" + key] = zero_point.numpy().reshape(-1).astype(np.int64)
    out.add(
        label(cls, arguments, data),
        arrays,
        kind="observer",
        observer=cls.__name__,
        arguments=arguments,
        data=data,
        combinations=names,
    )


def observe(cls, arguments, array, lows, highs):
    """Feed all batches; return the observer and its min and max after each batch."""
    observer, low, high = cls(**arguments), [], []
    for batch in array:
        observer(tensor(batch))
        low.append(getattr(observer, lows).numpy().copy())
        high.append(getattr(observer, highs).numpy().copy())
    return observer, {"min_val": np.stack(low), "max_val": np.stack(high)}


def qparams_of(cls, arguments, observer, schemes):
    """calculate_qparams for each combination, from the same statistics."""
    for dtype, scheme, reduce_range in combinations(schemes):
        other = cls(dtype=DTYPES[dtype], qscheme=scheme, reduce_range=reduce_range, **arguments)
        for name, value in observer.named_buffers():
            setattr(other, name, value)
        if isinstance(observer, observers.HistogramObserver):
            found = observer.search_result
            other._non_linear_param_search = lambda found=found: found
        yield (dtype, scheme, reduce_range), other.calculate_qparams()


def per_tensor_cases(out, data, array, cls, arguments):
    """MinMaxObserver and its moving average."""
    observer, state = observe(cls, arguments, array, "min_val", "max_val")
    record(out, cls, arguments, data, state, qparams_of(cls, arguments, observer, PER_TENSOR))


def per_channel_cases(out, data, array, cls, arguments):
    """PerChannelMinMaxObserver and its moving average."""
    observer, state = observe(cls, arguments, array, "min_vals", "max_vals")
    record(out, cls, arguments, data, state, qparams_of(cls, arguments, observer, PER_CHANNEL))


def histogram_cases(out, data, array, arguments):
    """HistogramObserver: the search for the best range depends on the histogram alone, so it runs once."""
    cls = observers.HistogramObserver
    observer, state = observe(cls, arguments, array, "min_val", "max_val")
    state["histogram"] = observer.histogram.numpy().copy()
    observer.search_result = observer._non_linear_param_search()
    record(out, cls, arguments, data, state, qparams_of(cls, arguments, observer, PER_TENSOR))
