"""The engine switch under PyTorch's name: ``qframe.backends.quantized.engine``."""

from __future__ import annotations

from .engines import registry


class _Quantized:
    """Mirrors ``torch.backends.quantized``."""

    @property
    def engine(self) -> str:
        """The engine in use; assigning a name is ``qframe.set_engine(name)``."""
        return registry.current()

    @engine.setter
    def engine(self, name: str) -> None:
        registry.set_engine(name)

    @property
    def supported_engines(self) -> list[str]:
        """The engines that can be used on this machine, best first."""
        return registry.usable_engines()


quantized = _Quantized()
