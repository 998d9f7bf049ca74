. "$BIG/pytest.bash" test_re
