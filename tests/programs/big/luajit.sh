# LuaJIT: traces compiled, flushed and compiled again, the same without its JIT, FFI.
$B luajit "$BIG/bench.lua"
$B luajit -joff "$BIG/bench.lua" | tail -n 1
