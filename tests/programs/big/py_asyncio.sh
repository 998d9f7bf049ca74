. "$BIG/pytest.bash" test_asyncio
