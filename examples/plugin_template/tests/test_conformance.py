from qframe.testing import EngineSuite


class TestMyNPU(EngineSuite):
    engine = "mynpu"
