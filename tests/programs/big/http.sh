# curl against Python's web server and against nginx, all of them guests.
port=$((20000 + $$ % 10000))
$B python3 -m http.server --bind 127.0.0.1 --directory "$DATA" $port >/dev/null 2>&1 &
for i in $(seq 600); do (echo >/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; sleep 0.2; done
$B curl -s "http://127.0.0.1:$port/words.txt" | cksum
$B curl -s -o /dev/null -w '%{http_code} %{size_download}\n' "http://127.0.0.1:$port/none" "http://localhost:$port/query.sql"
kill $!
wait $! 2>/dev/null
