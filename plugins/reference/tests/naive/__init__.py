"""The ops as plain loops over elements and taps, straight from their formulas: the proof of the engine.

Nothing here calls qframe's arithmetic: integers are Python's, every float32 operation is a NumPy scalar's,
rounding is Python's ``round`` (half to even).
"""

from . import (
    activation,
    arithmetic,
    conv,
    convert,
    fake_quantize,
    linear,
    normalization,
    observe,
    pooling,
    reduce,
    resize,
)

#: A definition of every op, with the signature of its contract.
DEFINITIONS = {
    function.__name__: function
    for function in (
        activation.clamp,
        activation.lookup,
        arithmetic.add,
        arithmetic.add_scalar,
        arithmetic.cat,
        arithmetic.mul,
        arithmetic.mul_scalar,
        conv.conv1d_pack,
        conv.conv2d_pack,
        conv.conv3d_pack,
        convert.dequantize,
        convert.quantize_per_channel,
        convert.quantize_per_tensor,
        convert.requantize,
        fake_quantize.fake_quantize_per_channel,
        fake_quantize.fake_quantize_per_tensor,
        linear.linear_pack,
        linear.linear_pack_fp16,
        normalization.batch_norm,
        observe.histogram,
        observe.min_max,
        observe.min_max_per_channel,
        pooling.adaptive_avg_pool2d,
        pooling.avg_pool2d,
        pooling.max_pool2d,
        reduce.mean,
        resize.interpolate_bilinear,
        resize.interpolate_nearest,
    )
}
