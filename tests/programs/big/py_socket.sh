. "$BIG/pytest.bash" test_socket
