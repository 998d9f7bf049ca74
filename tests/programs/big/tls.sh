# Keys, a certificate, s_server and s_client.
ssl="$B openssl"
$ssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout k -out c 2>/dev/null
port=$((20000 + $$ % 10000))
$ssl s_server -accept $port -cert c -key k -www -quiet >/dev/null 2>&1 &
for i in $(seq 60); do (echo >/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; sleep 0.2; done
printf 'GET / HTTP/1.0\r\n\r\n' | $ssl s_client -connect 127.0.0.1:$port -CAfile c -quiet -verify_return_error 2>/dev/null |
    grep -cE '^(HTTP/1.0 200|New, TLS)'
kill %1
