. "$BIG/pytest.bash" test_subprocess
