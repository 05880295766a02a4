"""The Java rules under the names Bazel 4 loads them by to describe its Java toolchains.

Toolchains of every language are looked at before one is chosen, even in a C++ build.
"""

java_binary = native.java_binary
java_import = native.java_import
java_library = native.java_library
java_runtime = native.java_runtime
java_test = native.java_test
java_toolchain = native.java_toolchain
