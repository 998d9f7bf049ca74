. "$BIG/pytest.bash" test_struct
