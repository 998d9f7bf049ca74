$B node "$BIG/bench.js"
