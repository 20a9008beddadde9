"""Float layers that round weight and output as quantization will (mirrors ``torch.nn.qat``)."""

from .conv import Conv2d
from .linear import Linear

__all__ = ["Conv2d", "Linear"]
