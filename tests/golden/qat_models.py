"""One layer of each kind that is trained with rounding, written once for both frameworks."""

#: Shapes of input and output.
FLAT = (16, 6), (16, 5)
IMAGES = (4, 3, 6, 6), (4, 4, 6, 6)


def layers(nn):
    """Name -> (modules, the positions to fuse, shapes)."""
    return {
        "Linear": ([nn.Linear(6, 5)], [], FLAT),
        "LinearReLU": ([nn.Linear(6, 5), nn.ReLU()], ["1.0", "1.1"], FLAT),
        "Conv2d": ([nn.Conv2d(3, 4, 3, padding=1)], [], IMAGES),
        "ConvReLU2d": ([nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()], ["1.0", "1.1"], IMAGES),
        "ConvBn2d": (
            [nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)],
            ["1.0", "1.1"],
            IMAGES,
        ),
        "ConvBnReLU2d": (
            [
                nn.Conv2d(3, 4, 3, padding=1, bias=False),
                nn.BatchNorm2d(4, eps=1e-3, momentum=0.3),
                nn.ReLU(),
            ],
            ["1.0", "1.1", "1.2"],
            IMAGES,
        ),
        WITH_BIAS: ([nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)], ["1.0", "1.1"], IMAGES),
    }


#: Not in the golden data: PyTorch 1.6 adds the bias of the convolution twice.
WITH_BIAS = "ConvBn2d with bias"
NAMES = ("Linear", "LinearReLU", "Conv2d", "ConvReLU2d", "ConvBn2d", "ConvBnReLU2d")


def build(nn, quantization, name):
    """A stub, the layer and another stub, in training mode."""
    stubs = quantization.QuantStub(), quantization.DeQuantStub()
    return nn.Sequential(stubs[0], nn.Sequential(*layers(nn)[name][0]), stubs[1]).train()
