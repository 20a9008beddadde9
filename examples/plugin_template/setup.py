from setuptools import setup

setup(
    cffi_modules=["build_kernels.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},  # one wheel for all Pythons from 3.10 on
)
