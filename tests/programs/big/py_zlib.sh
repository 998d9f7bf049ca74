. "$BIG/pytest.bash" test_zlib
