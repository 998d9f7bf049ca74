# nginx: master and worker, gzip.
port=$((20000 + $$ % 10000))
mkdir -p n/logs
cat >n/conf <<END
pid $PWD/n/pid; error_log $PWD/n/logs/e; daemon off; master_process on; worker_processes 1;
events { worker_connections 64; }
http { access_log off; client_body_temp_path n/b; proxy_temp_path n/p; fastcgi_temp_path n/f; uwsgi_temp_path n/u; scgi_temp_path n/s;
gzip on; gzip_types text/plain; types { text/plain txt; }
server { listen 127.0.0.1:$port; root $DATA; location /hello { return 200 "hello \$arg_a\n"; } } }
END
$B nginx -p "$PWD/" -e "$PWD/n/logs/e" -c "$PWD/n/conf" &
for i in $(seq 600); do (echo >/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; sleep 0.2; done
$B curl -s "http://127.0.0.1:$port/hello?a=7" && $B curl -s --compressed "http://127.0.0.1:$port/words.txt" | cksum
for i in 1 2 3 4; do $B curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$port/none"; done
kill -QUIT $!
wait $!
echo $?
