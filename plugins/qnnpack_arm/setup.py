import sysconfig

from setuptools import setup

free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED")
setup(
    cffi_modules=["build_kernels.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": False if free_threaded else "cp310"}},
)
