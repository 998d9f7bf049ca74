# The numbers differ, the names and the shape of the report do not.
for what in sha256 aes-128-cbc; do
    $B openssl speed -seconds 1 -bytes 1024 -evp $what 2>/dev/null |
        grep -v -E '^(built|options|compiler|CPUINFO)' | sed -E 's/ +[0-9.]+k$/ N/'
done
