"""The public names of the specification (PyTorch 1.6's quantization documentation), as plain data.

Each row: path below ``qframe`` (``torch.X`` there is ``qframe.X`` here), arguments with their defaults or
None where the specification gives none, and None for a name that must exist or the step that adds it:
``"operators"``, ``"qat"`` or ``"graph"``. A step that adds a name changes its mark to None here.
"""

_CONV = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, "
    "padding_mode='zeros'"
)
_CONV_BN_QAT = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=None, "
    "padding_mode='zeros', eps=1e-05, momentum=0.1, freeze_bn=False, qconfig=None"
)
_CONV_FUNCTION = (
    "input, weight, bias, stride=1, padding=0, dilation=1, groups=1, padding_mode='zeros', scale=1.0, "
    "zero_point=0, dtype=quint8"
)
_AVG_POOL = (
    "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None"
)
_OBSERVER = "dtype=quint8, qscheme=per_tensor_affine, reduce_range=False"
_OBSERVER_PER_CHANNEL = "dtype=quint8, qscheme=per_channel_affine, reduce_range=False"
_BATCH_NORM = "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True"
_INSTANCE_NORM = (
    "num_features, weight, bias, scale, zero_point, eps=1e-05, momentum=0.1, affine=False, "
    "track_running_stats=False"
)
_FLOAT_INSTANCE_NORM = "num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False"
_RNN = "input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False"
_UPSAMPLE = "input, size=None, scale_factor=None, mode='nearest', align_corners=None"

TENSORS = [
    ("quantize_per_tensor", "input, scale, zero_point, dtype", None),
    ("quantize_per_channel", "input, scales, zero_points, axis, dtype", None),
    ("dequantize", None, None),
    ("dtype", None, None),
    ("qscheme", None, None),
    ("quint8", None, None),
    ("qint8", None, None),
    ("qint32", None, None),
    ("per_tensor_affine", None, None),
    ("per_channel_affine", None, None),
    ("per_tensor_symmetric", None, None),
    ("per_channel_symmetric", None, None),
    ("backends.quantized.engine", None, None),
    ("backends.quantized.supported_engines", None, None),
    ("QTensor.view", None, None),
    ("QTensor.as_strided", None, None),
    ("QTensor.expand", None, None),
    ("QTensor.flatten", None, None),
    ("QTensor.select", None, None),
    ("QTensor.__getitem__", None, None),
    ("QTensor.__eq__", None, None),
    ("QTensor.__lt__", None, None),
    ("QTensor.copy_", None, None),
    ("QTensor.clone", None, None),
    ("QTensor.dequantize", None, None),
    ("QTensor.equal", None, None),
    ("QTensor.int_repr", None, None),
    ("QTensor.max", None, None),
    ("QTensor.mean", None, None),
    ("QTensor.min", None, None),
    ("QTensor.q_scale", None, None),
    ("QTensor.q_zero_point", None, None),
    ("QTensor.q_per_channel_scales", None, None),
    ("QTensor.q_per_channel_zero_points", None, None),
    ("QTensor.q_per_channel_axis", None, None),
    ("QTensor.qscheme", None, None),
    ("QTensor.is_quantized", None, None),
    ("QTensor.resize_", None, None),
    ("QTensor.sort", None, None),
    ("QTensor.topk", None, None),
    ("fake_quantize_per_tensor_affine", "input, scale, zero_point, quant_min, quant_max", None),
    ("fake_quantize_per_channel_affine", "input, scale, zero_point, axis, quant_min, quant_max", None),
]

WORKFLOWS = [
    ("quantization.quantize", "model, run_fn, run_args, mapping=None, inplace=False", None),
    (
        "quantization.quantize_dynamic",
        "model, qconfig_spec=None, dtype=qint8, mapping=None, inplace=False",
        None,
    ),
    ("quantization.quantize_qat", "model, run_fn, run_args, inplace=False", None),
    (
        "quantization.prepare",
        "model, inplace=False, white_list={...}, observer_non_leaf_module_list=None",
        None,
    ),
    ("quantization.prepare_qat", "model, mapping=None, inplace=False", None),
    ("quantization.convert", "module, mapping=None, inplace=False", None),
    (
        "quantization.fuse_modules",
        "model, modules_to_fuse, inplace=False, fuser_func=fuse_known_modules",
        None,
    ),
    ("quantization.fuse_known_modules", None, None),
    ("quantization.fuse_conv_bn", None, None),
    ("quantization.fuse_conv_bn_relu", None, None),
    ("quantization.QuantStub", "qconfig=None", None),
    ("quantization.DeQuantStub", "", None),
    ("quantization.QuantWrapper", "module", None),
    ("quantization.add_quant_dequant", "module", None),
    ("quantization.add_observer_", "module, non_leaf_module_list=None, device=None", None),
    ("quantization.swap_module", "mod, mapping", None),
    ("quantization.propagate_qconfig_", "module, qconfig_dict=None, white_list=None", None),
    ("quantization.default_eval_fn", "model, calib_data", None),
    ("quantization.get_observer_dict", "mod, target_dict, prefix=''", None),
    (
        "quantization.quantize_jit",
        "model, qconfig_dict, run_fn, run_args, inplace=False, debug=False",
        "graph",
    ),
    ("quantization.quantize_dynamic_jit", "model, qconfig_dict, inplace=False, debug=False", "graph"),
    ("quantization.prepare_jit", "model, qconfig_dict, inplace=False", "graph"),
    ("quantization.convert_jit", "model, inplace=False, debug=False", "graph"),
    ("quantization.prepare_dynamic_jit", "model, qconfig_dict, inplace=False", "graph"),
    ("quantization.convert_dynamic_jit", "model, inplace=False, debug=False", "graph"),
]

OBSERVERS = [
    ("quantization.Observer", "dtype", None),  # the list's name for ObserverBase
    ("quantization.ObserverBase", "dtype", None),
    ("quantization.ObserverBase.with_args", "**kwargs", None),
    ("quantization.MinMaxObserver", _OBSERVER, None),
    ("quantization.MovingAverageMinMaxObserver", "averaging_constant=0.01, " + _OBSERVER, None),
    ("quantization.PerChannelMinMaxObserver", "ch_axis=0, " + _OBSERVER_PER_CHANNEL, None),
    (
        "quantization.MovingAveragePerChannelMinMaxObserver",
        "averaging_constant=0.01, ch_axis=0, " + _OBSERVER_PER_CHANNEL,
        None,
    ),
    ("quantization.HistogramObserver", "bins=2048, upsample_rate=128, " + _OBSERVER, None),
    ("quantization.MinMaxDynamicQuantObserver", _OBSERVER, None),
    ("quantization.RecordingObserver", "**kwargs", None),
    ("quantization.RecordingObserver.get_tensor_value", None, None),
    ("quantization.NoopObserver", "dtype=float16", None),
    ("quantization.observer.MinMaxObserver", None, None),
    ("quantization.observer.MovingAverageMinMaxObserver", None, None),
    ("quantization.observer.PerChannelMinMaxObserver", None, None),
    ("quantization.observer.MovingAveragePerChannelMinMaxObserver", None, None),
    ("quantization.observer.HistogramObserver", None, None),
    ("quantization.observer.RecordingObserver", None, None),
    ("quantization.observer.NoopObserver", None, None),
    ("quantization.default_observer", None, None),
    ("quantization.default_weight_observer", None, None),
    ("quantization.default_histogram_observer", None, None),
    ("quantization.default_per_channel_weight_observer", None, None),
    ("quantization.default_debug_observer", None, None),
    ("quantization.default_dynamic_quant_observer", None, None),
    (
        "quantization.FakeQuantize",
        "observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255, **observer_kwargs",
        None,
    ),
    ("quantization.default_fake_quant", None, None),
    ("quantization.default_weight_fake_quant", None, None),
    ("quantization.default_per_channel_weight_fake_quant", None, None),
    ("quantization.default_histogram_fake_quant", None, None),
    ("quantization.enable_fake_quant", "mod", None),
    ("quantization.disable_fake_quant", "mod", None),
    ("quantization.enable_observer", "mod", None),
    ("quantization.disable_observer", "mod", None),
]

QCONFIGS = [
    ("quantization.QConfig", "activation, weight", None),
    ("quantization.QConfigDynamic", None, None),
    ("quantization.default_qconfig", None, None),
    ("quantization.default_debug_qconfig", None, None),
    ("quantization.default_per_channel_qconfig", None, None),
    ("quantization.default_dynamic_qconfig", None, None),
    ("quantization.float16_dynamic_qconfig", None, None),
    ("quantization.per_channel_dynamic_qconfig", None, None),
    ("quantization.get_default_qconfig", "backend='fbgemm'", None),
    ("quantization.default_qat_qconfig", None, None),
    ("quantization.default_weight_only_qconfig", None, None),
    ("quantization.default_activation_only_qconfig", None, None),
    ("quantization.get_default_qat_qconfig", "backend='fbgemm'", None),
    ("quantization.DEFAULT_MODULE_MAPPING", None, None),
    ("quantization.DEFAULT_DYNAMIC_MODULE_MAPPING", None, None),
    ("quantization.DEFAULT_QCONFIG_PROPAGATE_WHITE_LIST", None, None),
    ("quantization.DEFAULT_QAT_MODULE_MAPPING", None, None),
]

INTRINSIC = [
    ("nn.intrinsic.ConvBn1d", "conv, bn", None),
    ("nn.intrinsic.ConvBn2d", "conv, bn", None),
    ("nn.intrinsic.ConvBn3d", "conv, bn", None),
    ("nn.intrinsic.ConvBnReLU1d", "conv, bn, relu", None),
    ("nn.intrinsic.ConvBnReLU2d", "conv, bn, relu", None),
    ("nn.intrinsic.ConvBnReLU3d", "conv, bn, relu", None),
    ("nn.intrinsic.ConvReLU1d", "conv, relu", None),
    ("nn.intrinsic.ConvReLU2d", "conv, relu", None),
    ("nn.intrinsic.ConvReLU3d", "conv, relu", None),
    ("nn.intrinsic.LinearReLU", "linear, relu", None),
    ("nn.intrinsic.BNReLU2d", "batch_norm, relu", None),
    ("nn.intrinsic.BNReLU3d", "batch_norm, relu", None),
    ("nn.intrinsic.quantized.ConvReLU1d", _CONV, None),
    ("nn.intrinsic.quantized.ConvReLU2d", _CONV, None),
    ("nn.intrinsic.quantized.ConvReLU3d", _CONV, None),
    ("nn.intrinsic.quantized.LinearReLU", "in_features, out_features, bias=True, dtype=qint8", None),
    ("nn.intrinsic.quantized.BNReLU2d", "num_features, eps=1e-05, momentum=0.1", None),
    ("nn.intrinsic.quantized.BNReLU3d", "num_features, eps=1e-05, momentum=0.1", None),
    ("nn.intrinsic.qat.ConvBn2d", _CONV_BN_QAT, None),
    ("nn.intrinsic.qat.ConvBnReLU2d", _CONV_BN_QAT, None),
    ("nn.intrinsic.qat.ConvReLU2d", _CONV + ", qconfig=None", None),
    ("nn.intrinsic.qat.LinearReLU", "in_features, out_features, bias=True, qconfig=None", None),
    ("nn.intrinsic.qat.update_bn_stats", "mod", None),
    ("nn.intrinsic.qat.freeze_bn_stats", "mod", None),
    ("nn.qat.Conv2d", _CONV + ", qconfig=None", None),
    ("nn.qat.Conv2d.from_float", "mod, qconfig=None", None),
    ("nn.qat.Linear", "in_features, out_features, bias=True, qconfig=None", None),
    ("nn.qat.Linear.from_float", "mod, qconfig=None", None),
]

QUANTIZED = [
    ("nn.quantized.Quantize", "scale, zero_point, dtype", None),
    ("nn.quantized.DeQuantize", "", None),
    ("nn.quantized.FloatFunctional", "", None),
    ("nn.quantized.FloatFunctional.add", None, None),
    ("nn.quantized.FloatFunctional.cat", None, None),
    ("nn.quantized.FloatFunctional.mul", None, None),
    ("nn.quantized.FloatFunctional.add_relu", None, None),
    ("nn.quantized.FloatFunctional.add_scalar", None, None),
    ("nn.quantized.FloatFunctional.mul_scalar", None, None),
    ("nn.quantized.QFunctional", "", None),
    ("nn.quantized.QFunctional.add", None, None),
    ("nn.quantized.QFunctional.cat", None, None),
    ("nn.quantized.QFunctional.mul", None, None),
    ("nn.quantized.QFunctional.add_relu", None, None),
    ("nn.quantized.QFunctional.add_scalar", None, None),
    ("nn.quantized.QFunctional.mul_scalar", None, None),
    ("nn.quantized.Linear", "in_features, out_features, bias_=True, dtype=qint8", None),
    ("nn.quantized.Linear.from_float", "mod", None),
    ("nn.quantized.Conv1d", _CONV, None),
    ("nn.quantized.Conv1d.from_float", "mod", None),
    ("nn.quantized.Conv2d", _CONV, None),
    ("nn.quantized.Conv2d.from_float", "mod", None),
    ("nn.quantized.Conv3d", _CONV, None),
    ("nn.quantized.Conv3d.from_float", "mod", None),
    ("nn.quantized.ReLU", "inplace=False", None),
    ("nn.quantized.ReLU6", "inplace=False", None),
    (
        "nn.quantized.MaxPool2d",
        "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False",
        None,
    ),
    ("nn.quantized.BatchNorm2d", "num_features, eps=1e-05, momentum=0.1", None),
    ("nn.quantized.BatchNorm3d", "num_features, eps=1e-05, momentum=0.1", None),
    ("nn.quantized.ELU", "scale, zero_point, alpha=1.0", None),
    ("nn.quantized.Hardswish", "scale, zero_point", None),
    (
        "nn.quantized.LayerNorm",
        "normalized_shape, weight, bias, scale, zero_point, eps=1e-05, elementwise_affine=True",
        None,
    ),
    (
        "nn.quantized.GroupNorm",
        "num_groups, num_channels, weight, bias, scale, zero_point, eps=1e-05, affine=True",
        None,
    ),
    ("nn.quantized.InstanceNorm1d", _INSTANCE_NORM, None),
    ("nn.quantized.InstanceNorm2d", _INSTANCE_NORM, None),
    ("nn.quantized.InstanceNorm3d", _INSTANCE_NORM, None),
    ("nn.quantized.dynamic.Linear", "in_features, out_features, bias_=True, dtype=qint8", None),
    ("nn.quantized.dynamic.Linear.from_float", "mod", None),
    # The documentation says *args, **kwargs for the first and third: those of the float module, and dtype.
    ("nn.quantized.dynamic.LSTM", _RNN + ", dtype=qint8", None),
    ("nn.quantized.dynamic.GRU", _RNN + ", dtype=qint8", None),  # PyTorch 2's
    ("nn.quantized.dynamic.LSTMCell", "input_size, hidden_size, bias=True, dtype=qint8", None),
    ("nn.quantized.dynamic.GRUCell", "input_size, hidden_size, bias=True, dtype=qint8", None),
    (
        "nn.quantized.dynamic.RNNCell",
        "input_size, hidden_size, bias=True, nonlinearity='tanh', dtype=qint8",
        None,
    ),
    ("nn.quantized.dynamic.LSTM.from_float", "mod", None),
    ("nn.quantized.dynamic.LSTMCell.from_float", "mod", None),
    ("nn.quantized.dynamic.GRUCell.from_float", "mod", None),
    ("nn.quantized.dynamic.RNNCell.from_float", "mod", None),
]

FUNCTIONAL = [
    ("nn.quantized.functional.relu", "input, inplace=False", None),
    ("nn.quantized.functional.linear", "input, weight, bias=None, scale=None, zero_point=None", None),
    ("nn.quantized.functional.conv1d", _CONV_FUNCTION, None),
    ("nn.quantized.functional.conv2d", _CONV_FUNCTION, None),
    ("nn.quantized.functional.conv3d", _CONV_FUNCTION, None),
    (
        "nn.quantized.functional.max_pool2d",
        "input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False",
        None,
    ),
    ("nn.quantized.functional.adaptive_avg_pool2d", "input, output_size", None),
    ("nn.quantized.functional.avg_pool2d", "input, " + _AVG_POOL, None),
    ("nn.quantized.functional.avg_pool3d", "input, " + _AVG_POOL, None),
    ("nn.quantized.functional.interpolate", _UPSAMPLE, None),
    ("nn.quantized.functional.hardswish", "input, scale, zero_point", None),
    ("nn.quantized.functional.hardsigmoid", "input", None),
    ("nn.quantized.functional.hardtanh", "input, min_val=-1.0, max_val=1.0, inplace=False", None),
    (
        "nn.quantized.functional.leaky_relu",
        "input, negative_slope=0.01, inplace=False, scale=None, zero_point=None",
        None,
    ),
    ("nn.quantized.functional.elu", "input, scale, zero_point, alpha=1.0", None),
    ("nn.quantized.functional.clamp", "input, min_, max_", None),
    ("nn.quantized.functional.threshold", "input, threshold, value", None),
    ("nn.quantized.functional.upsample", _UPSAMPLE, None),
    ("nn.quantized.functional.upsample_bilinear", "input, size=None, scale_factor=None", None),
    ("nn.quantized.functional.upsample_nearest", "input, size=None, scale_factor=None", None),
]

# What later versions of PyTorch have under these names and the documentation lacks.
LATER = [
    (
        "nn.quantized.LeakyReLU",
        "scale, zero_point, negative_slope=0.01, inplace=False",
        None,
    ),
    ("nn.quantized.Sigmoid", "output_scale, output_zero_point", None),
]

# The float modules that the documentation's examples build on: names and arguments of torch.nn.
FLOAT = [
    ("nn.Module", "", None),
    ("nn.Parameter", None, None),
    ("nn.Sequential", None, None),
    ("nn.ModuleList", "modules=None", None),
    ("nn.ModuleDict", "modules=None", None),
    ("nn.Identity", None, None),
    ("nn.Linear", "in_features, out_features, bias=True", None),
    ("nn.Conv1d", _CONV, None),
    ("nn.Conv2d", _CONV, None),
    ("nn.Conv3d", _CONV, None),
    ("nn.BatchNorm1d", _BATCH_NORM, None),
    ("nn.BatchNorm2d", _BATCH_NORM, None),
    ("nn.BatchNorm3d", _BATCH_NORM, None),
    ("nn.ReLU", "inplace=False", None),
    ("nn.ReLU6", "inplace=False", None),
    ("nn.ELU", "alpha=1.0, inplace=False", None),
    ("nn.Hardswish", "", None),
    ("nn.LeakyReLU", "negative_slope=0.01, inplace=False", None),
    ("nn.Sigmoid", "", None),
    ("nn.Tanh", "", None),
    ("nn.Hardtanh", "min_val=-1.0, max_val=1.0, inplace=False", None),
    ("nn.Hardsigmoid", "", None),
    ("nn.Threshold", "threshold, value, inplace=False", None),
    ("nn.LayerNorm", "normalized_shape, eps=1e-05, elementwise_affine=True", None),
    ("nn.GroupNorm", "num_groups, num_channels, eps=1e-05, affine=True", None),
    ("nn.InstanceNorm1d", _FLOAT_INSTANCE_NORM, None),
    ("nn.InstanceNorm2d", _FLOAT_INSTANCE_NORM, None),
    ("nn.InstanceNorm3d", _FLOAT_INSTANCE_NORM, None),
    ("nn.Upsample", "size=None, scale_factor=None, mode='nearest', align_corners=None", None),
    ("nn.UpsamplingNearest2d", "size=None, scale_factor=None", None),
    ("nn.UpsamplingBilinear2d", "size=None, scale_factor=None", None),
    (
        "nn.MaxPool2d",
        "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False",
        None,
    ),
    ("nn.AvgPool2d", _AVG_POOL, None),
    ("nn.AvgPool3d", _AVG_POOL, None),
    ("nn.AdaptiveAvgPool2d", "output_size", None),
    ("nn.Flatten", "start_dim=1, end_dim=-1", None),
    ("nn.Dropout", "p=0.5, inplace=False", None),
    ("nn.LSTM", _RNN, None),
    ("nn.GRU", _RNN, None),
    ("nn.LSTMCell", "input_size, hidden_size, bias=True", None),
    ("nn.GRUCell", "input_size, hidden_size, bias=True", None),
    ("nn.RNNCell", "input_size, hidden_size, bias=True, nonlinearity='tanh'", None),
    (
        "nn.Embedding",
        "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, "
        "scale_grad_by_freq=False, sparse=False",
        None,
    ),
    ("nn.utils.rnn.PackedSequence", None, None),
    (
        "nn.utils.rnn.pack_padded_sequence",
        "input, lengths, batch_first=False, enforce_sorted=True",
        None,
    ),
    (
        "nn.utils.rnn.pad_packed_sequence",
        "sequence, batch_first=False, padding_value=0.0, total_length=None",
        None,
    ),
    ("nn.CrossEntropyLoss", None, None),
    ("nn.MSELoss", None, None),
    ("nn.init.kaiming_uniform_", None, None),
    ("nn.functional.linear", "input, weight, bias=None", None),
    ("nn.functional.conv2d", "input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1", None),
    ("nn.functional.relu", "input, inplace=False", None),
    ("nn.functional.elu", "input, alpha=1.0, inplace=False", None),
    ("nn.functional.hardswish", "input, inplace=False", None),
    ("nn.functional.hardsigmoid", "input, inplace=False", None),
    ("nn.functional.hardtanh", "input, min_val=-1.0, max_val=1.0, inplace=False", None),
    ("nn.functional.leaky_relu", "input, negative_slope=0.01, inplace=False", None),
    ("nn.functional.threshold", "input, threshold, value, inplace=False", None),
    ("nn.functional.sigmoid", "input", None),
    ("nn.functional.tanh", "input", None),
    ("nn.functional.layer_norm", "input, normalized_shape, weight=None, bias=None, eps=1e-05", None),
    ("nn.functional.group_norm", "input, num_groups, weight=None, bias=None, eps=1e-05", None),
    (
        "nn.functional.instance_norm",
        "input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, "
        "momentum=0.1, eps=1e-05",
        None,
    ),
    ("nn.functional.interpolate", _UPSAMPLE + ", recompute_scale_factor=None", None),
    ("nn.functional.avg_pool3d", "input, " + _AVG_POOL, None),
]

GROUPS = {
    "Tensors": TENSORS,
    "Workflows": WORKFLOWS,
    "Observers": OBSERVERS,
    "Qconfigs and mappings": QCONFIGS,
    "Fused modules, modules for training": INTRINSIC,
    "Quantized modules": QUANTIZED,
    "Quantized functions": FUNCTIONAL,
    "Of later versions of PyTorch": LATER,
    "Float modules and functions": FLOAT,
}
NAMES = [row for rows in GROUPS.values() for row in rows]
