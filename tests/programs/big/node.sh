# V8: its JIT, wasm, workers' modules, child processes.
$B node "$BIG/bench.js"
