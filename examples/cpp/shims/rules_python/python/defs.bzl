"""The Python rules under the names Bazel 7 loads them by next to its Java toolchains."""

py_binary = native.py_binary
py_library = native.py_library
py_test = native.py_test
