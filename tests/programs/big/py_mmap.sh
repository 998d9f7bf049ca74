. "$BIG/pytest.bash" test_mmap
