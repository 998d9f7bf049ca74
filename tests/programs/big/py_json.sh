. "$BIG/pytest.bash" test_json
