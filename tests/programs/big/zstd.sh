# needs: /usr/bin/zstd
$B /usr/bin/zstd -q -12 -T2 -c "$DATA/words.txt" | cksum
$B /usr/bin/zstd -q -c "$DATA/words.txt" | $B /usr/bin/zstd -dc | cmp - "$DATA/words.txt"
