# needs: /usr/bin/find /usr/bin/xargs
$B /usr/bin/find "$DATA" -type f -printf '%f %s %m\n' | sort
$B /usr/bin/find "$DATA" -type f -print0 | sort -z | $B /usr/bin/xargs -0 -n 2 -P 2 /usr/bin/cat | wc
