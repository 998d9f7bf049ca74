. "$BIG/pytest.bash" test_hashlib
