. "$BIG/pytest.bash" test_threading
