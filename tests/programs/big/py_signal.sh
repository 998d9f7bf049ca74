. "$BIG/pytest.bash" test_signal
