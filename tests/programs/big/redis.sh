# Server, client, Lua, benchmark.
port=$((20000 + $$ % 10000))
cli="$B redis-cli -p $port"
$B redis-server --port $port --save '' >/dev/null 2>&1 &
for i in $(seq 60); do $cli ping 2>/dev/null | grep -q PONG && break; sleep 0.2; done
$cli set a 1; $cli incr a; $cli lpush l x y z; $cli lrange l 0 -1
$cli eval 'return redis.call("get", KEYS[1]) .. "x"' 1 a
$B redis-benchmark -p $port -n 1000 -c 10 -t set,get -q 2>&1 | tr '\r' '\n' | grep -c 'requests per second'
$cli shutdown nosave
wait
