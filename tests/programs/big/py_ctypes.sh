. "$BIG/pytest.bash" test_ctypes
