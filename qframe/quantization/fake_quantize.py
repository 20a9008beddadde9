"""FakeQuantize: an observer that also rounds what passes, so that training sees what integers will do.

Mirrors ``torch.quantization.fake_quantize`` of PyTorch 1.6.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..autograd.tracing import detach
from ..dtypes import qint8, quint8
from ..errors import ConfigurationError
from ..nn.functional_fake_quantize import fake_quantize_per_channel_affine, fake_quantize_per_tensor_affine
from ..nn.module import Module
from ..nn.state import State, StateCheck
from ..qschemes import QScheme, per_channel_symmetric, per_tensor_affine, per_tensor_symmetric
from ..qtensor.text import format_array
from .observer import HistogramObserver, MovingAverageMinMaxObserver, MovingAveragePerChannelMinMaxObserver
from .observer_base import ObserverBase, UniformObserver, check_codes

Array = np.ndarray[Any, Any]

__all__ = [
    "FakeQuantize",
    "default_fake_quant",
    "default_histogram_fake_quant",
    "default_per_channel_weight_fake_quant",
    "default_weight_fake_quant",
    "disable_fake_quant",
    "disable_observer",
    "enable_fake_quant",
    "enable_observer",
]


class FakeQuantize(ObserverBase):
    """Rounds float arrays as quantization will, by qparams that an observer derives from them.

    Mirrors ``torch.quantization.FakeQuantize``.  With ``q = zero_point + rint(x / scale)`` the output is
    ``(clamp(q, quant_min, quant_max) - zero_point) * scale``; the gradient passes where ``q`` needs no
    clamping.  Both parts can be switched off, in training and in evaluation mode alike.

    The scale is computed for the codes ``quant_min..quant_max``.  With ``reduce_range=True`` it is computed
    for half of the dtype's codes while all of them stay in use, as in integer layers.

    Args:
        observer: class of the observer.
        quant_min, quant_max: the smallest and the largest code.
        observer_kwargs: arguments of the observer, such as dtype, qscheme, reduce_range, ch_axis.

    Buffers: ``fake_quant_enabled`` and ``observer_enabled`` (uint8, shape (1,)); ``scale`` (float32) and
    ``zero_point`` (int64), of shape (1,), or (channels,) once data was seen along channels.

    Attributes:
        activation_post_process: the observer.
        calls: how often ``forward`` was called; the observer counts its own.

    Raises:
        ConfigurationError: an observer without qscheme, or codes that are no range of its dtype; in
            ``forward``: rounding by channel, the observer having been disabled from the start.
        CalibrationError: in ``forward``, while the observer is enabled: NaN or infinity in the data.
        DTypeError: in ``forward``: a quantized tensor, or no float array.
    """

    activation_post_process: Any
    fake_quant_enabled: Array
    observer_enabled: Array
    scale: Array
    zero_point: Array

    def __init__(
        self,
        observer: Any = MovingAverageMinMaxObserver,
        quant_min: int = 0,
        quant_max: int = 255,
        **observer_kwargs: Any,
    ) -> None:
        inner = observer(**observer_kwargs)
        if not isinstance(getattr(inner, "qscheme", None), QScheme):
            raise ConfigurationError(
                f"FakeQuantize got the observer {type(inner).__name__}, which has no qscheme",
                fix="Use one that chooses scale and zero point, such as MovingAverageMinMaxObserver",
            )
        super().__init__(inner.dtype)
        check_codes("FakeQuantize", inner.dtype, quant_min, quant_max)
        if isinstance(inner, UniformObserver):
            inner.restrict(quant_min, quant_max)
        self.quant_min, self.quant_max = quant_min, quant_max
        self.register_buffer("fake_quant_enabled", np.array([1], dtype=np.uint8))
        self.register_buffer("observer_enabled", np.array([1], dtype=np.uint8))
        self.activation_post_process = inner
        self.register_buffer("scale", np.array([1.0], dtype=np.float32))
        self.register_buffer("zero_point", np.array([0], dtype=np.int64))

    @property
    def qscheme(self) -> QScheme:
        """The observer's."""
        return cast(QScheme, self.activation_post_process.qscheme)

    @property
    def ch_axis(self) -> int:
        """The observer's axis of channels, or -1."""
        return int(getattr(self.activation_post_process, "ch_axis", -1))

    @property
    def has_data(self) -> bool:
        """Whether the observer saw any."""
        return bool(getattr(self.activation_post_process, "has_data", True))

    @property
    def is_arbitrary(self) -> bool:
        """Whether it rounds by the scale that it was built with, since the observer is off from the start."""
        rounds, observes = self.fake_quant_enabled[0], self.observer_enabled[0]
        untouched = self.scale.tolist() == [1.0] and self.zero_point.tolist() == [0]
        return bool(rounds and not observes and untouched and not self.has_data)

    def forward(self, X: Any) -> Any:
        """Look at ``X``, if the observer is enabled, and return it rounded, if fake quantization is."""
        self._count()
        if self.observer_enabled[0]:
            self._observe(detach(X))
        return self._rounded(X) if self.fake_quant_enabled[0] else X

    def _observe(self, x: Any) -> None:
        self.activation_post_process(x)
        if self.has_data:
            scale, zero_point = self.calculate_qparams()
            self.scale = np.asarray(scale, dtype=np.float32)
            self.zero_point = np.asarray(zero_point, dtype=np.int64)

    def _rounded(self, x: Any) -> Any:
        codes = self.quant_min, self.quant_max
        if self.qscheme.per_channel:
            self._check_channels(x)
            return fake_quantize_per_channel_affine(x, self.scale, self.zero_point, self.ch_axis, *codes)
        return fake_quantize_per_tensor_affine(x, self.scale[0], self.zero_point[0], *codes)

    def _check_channels(self, x: Any) -> None:
        channels = np.shape(x)[self.ch_axis]
        if len(self.scale) == 1 != channels and not self.has_data:
            raise ConfigurationError(
                f"FakeQuantize has no scales for {channels} channels: its observer was never enabled",
                fix="Let model.apply(enable_observer) have its way for some batches first, or load a "
                "state_dict",
            )

    def calculate_qparams(self) -> tuple[Array, Array]:
        """Return the observer's scale (float32) and zero point (int64)."""
        scale, zero_point = self.activation_post_process.calculate_qparams()
        return scale, zero_point

    def enable_fake_quant(self, enabled: bool = True) -> FakeQuantize:
        """Round what passes, or let it pass unchanged; return this module."""
        self.fake_quant_enabled = np.array([enabled], dtype=np.uint8)
        return self

    def disable_fake_quant(self) -> FakeQuantize:
        """Let pass unchanged; return this module."""
        return self.enable_fake_quant(False)

    def enable_observer(self, enabled: bool = True) -> FakeQuantize:
        """Follow the data with scale and zero point, or keep them; return this module."""
        self.observer_enabled = np.array([enabled], dtype=np.uint8)
        return self

    def disable_observer(self) -> FakeQuantize:
        """Keep scale and zero point; return this module."""
        return self.enable_observer(False)

    def extra_repr(self) -> str:
        enabled = ", ".join(
            f"{name}=tensor([{int(self._buffers[name][0])}], dtype=uint8)"
            for name in ("fake_quant_enabled", "observer_enabled")
        )
        scale, zero_point = format_array(self.scale), ", ".join(map(str, self.zero_point.tolist()))
        return f"{enabled}, scale=tensor({scale}), zero_point=tensor([{zero_point}])"

    # -- loading: scale and zero point change their shape with the first data ------------------------

    def _check_state_dict(self, check: StateCheck, prefix: str) -> None:
        fits = [
            check.expect_array(prefix + name, buffer, self, any_shape=name in ("scale", "zero_point"))
            for name, buffer in self._buffers.items()
        ]
        if all(fits):
            self._check_qparams(check, prefix)

    def _check_qparams(self, check: StateCheck, prefix: str) -> None:
        scale, zero_point = (np.asarray(check.state[prefix + name]) for name in ("scale", "zero_point"))
        if scale.shape != zero_point.shape or scale.ndim != 1 or not scale.size:
            check.reject(
                prefix + "zero_point",
                f"has shape {zero_point.shape}, scale {scale.shape}: two vectors are needed",
            )
        if not (np.isfinite(scale).all() and (scale > 0).all()):
            check.reject(prefix + "scale", f"must be finite and above zero, not {scale.tolist()}")
        if ((zero_point < self.quant_min) | (zero_point > self.quant_max)).any():
            check.reject(
                prefix + "zero_point",
                f"{zero_point.tolist()} lies outside of the codes {self.quant_min}..{self.quant_max}",
            )

    def _load_from_state_dict(self, state: State, prefix: str) -> None:
        for name, buffer in self._buffers.items():
            if prefix + name in state:
                self._buffers[name] = np.array(state[prefix + name], dtype=buffer.dtype)


default_fake_quant = FakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver,
    quant_min=0,
    quant_max=255,
    dtype=quint8,
    qscheme=per_tensor_affine,
    reduce_range=True,
)
default_weight_fake_quant = FakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver,
    quant_min=-128,
    quant_max=127,
    dtype=qint8,
    qscheme=per_tensor_symmetric,
    reduce_range=False,
)
default_per_channel_weight_fake_quant = FakeQuantize.with_args(
    observer=MovingAveragePerChannelMinMaxObserver,
    quant_min=-128,
    quant_max=127,
    dtype=qint8,
    qscheme=per_channel_symmetric,
    reduce_range=False,
    ch_axis=0,
)
default_histogram_fake_quant = FakeQuantize.with_args(
    observer=HistogramObserver,
    quant_min=0,
    quant_max=255,
    dtype=quint8,
    qscheme=per_tensor_affine,
    reduce_range=True,
)


def enable_fake_quant(mod: Module) -> None:
    """Let ``mod`` round what passes, if it is a FakeQuantize; for ``model.apply(enable_fake_quant)``."""
    if isinstance(mod, FakeQuantize):
        mod.enable_fake_quant()


def disable_fake_quant(mod: Module) -> None:
    """Let ``mod`` pass its input unchanged, if it is a FakeQuantize; for ``model.apply``."""
    if isinstance(mod, FakeQuantize):
        mod.disable_fake_quant()


def enable_observer(mod: Module) -> None:
    """Let ``mod`` follow the data with its qparams, if it is a FakeQuantize; for ``model.apply``."""
    if isinstance(mod, FakeQuantize):
        mod.enable_observer()


def disable_observer(mod: Module) -> None:
    """Let ``mod`` keep its qparams, if it is a FakeQuantize; for ``model.apply``."""
    if isinstance(mod, FakeQuantize):
        mod.disable_observer()
