"""Three small models, written once for PyTorch and for qframe: ``framework`` is either package.

``fuse`` lists the module names to fuse; ``shape`` is the shape of one batch.
"""


def plain_cnn(framework):
    """conv-bn-relu twice, a maximum pool and a linear head."""
    nn, quantization = framework.nn, framework.quantization

    class PlainCNN(nn.Module):
        fuse = [["conv1", "bn1", "relu1"], ["conv2", "bn2", "relu2"]]
        shape = (4, 3, 8, 8)

        def __init__(self):
            super().__init__()
            self.quant = quantization.QuantStub()
            self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
            self.bn1 = nn.BatchNorm2d(6)
            self.relu1 = nn.ReLU()
            self.conv2 = nn.Conv2d(6, 10, 3, stride=2, bias=False)
            self.bn2 = nn.BatchNorm2d(10)
            self.relu2 = nn.ReLU()
            self.pool = nn.MaxPool2d(2, stride=1)
            self.flatten = nn.Flatten()
            self.fc = nn.Linear(40, 10)
            self.dequant = quantization.DeQuantStub()

        def forward(self, x):
            x = self.relu1(self.bn1(self.conv1(self.quant(x))))
            x = self.relu2(self.bn2(self.conv2(x)))
            return self.dequant(self.fc(self.flatten(self.pool(x))))

    return PlainCNN()


def residual(framework):
    """A residual sum, a concatenation, grouped convolution and a global average."""
    nn, quantization = framework.nn, framework.quantization

    class Residual(nn.Module):
        fuse = [["stem", "stem_bn", "stem_relu"], ["conv", "bn"], ["side", "side_relu"]]
        shape = (3, 2, 8, 8)

        def __init__(self):
            super().__init__()
            self.quant = quantization.QuantStub()
            self.stem = nn.Conv2d(2, 6, 3, stride=2, padding=1, bias=False)
            self.stem_bn = nn.BatchNorm2d(6)
            self.stem_relu = nn.ReLU()
            self.conv = nn.Conv2d(6, 6, 3, padding=1, groups=2)
            self.bn = nn.BatchNorm2d(6)
            self.plus = nn.quantized.FloatFunctional()
            self.relu = nn.ReLU()
            self.side = nn.Conv2d(6, 4, 1)
            self.side_relu = nn.ReLU()
            self.join = nn.quantized.FloatFunctional()
            self.average = nn.AdaptiveAvgPool2d(1)
            self.flatten = nn.Flatten()
            self.fc = nn.Linear(10, 5)
            self.dequant = quantization.DeQuantStub()

        def forward(self, x):
            x = self.stem_relu(self.stem_bn(self.stem(self.quant(x))))
            x = self.relu(self.plus.add(x, self.bn(self.conv(x))))
            x = self.join.cat([x, self.side_relu(self.side(x))], 1)
            return self.dequant(self.fc(self.flatten(self.average(x))))

    return Residual()


def mlp(framework):
    """Linear-relu twice and a linear head, one layer without bias."""
    nn, quantization = framework.nn, framework.quantization

    class MLP(nn.Module):
        fuse = [["fc1", "relu1"], ["fc2", "relu2"]]
        shape = (16, 20)

        def __init__(self):
            super().__init__()
            self.quant = quantization.QuantStub()
            self.fc1 = nn.Linear(20, 32)
            self.relu1 = nn.ReLU()
            self.fc2 = nn.Linear(32, 24, bias=False)
            self.relu2 = nn.ReLU()
            self.fc3 = nn.Linear(24, 7)
            self.dequant = quantization.DeQuantStub()

        def forward(self, x):
            x = self.relu1(self.fc1(self.quant(x)))
            return self.dequant(self.fc3(self.relu2(self.fc2(x))))

    return MLP()


MODELS = {"plain_cnn": plain_cnn, "residual": residual, "mlp": mlp}


def qconfigs(quantization):
    """Name -> qconfig, for the ``quantization`` package of either framework."""
    return {
        "default": quantization.default_qconfig,
        "fbgemm": quantization.get_default_qconfig("fbgemm"),
        "qnnpack": quantization.get_default_qconfig("qnnpack"),
    }
