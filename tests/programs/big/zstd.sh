# zstd with threads.
$B zstd -q -12 -T2 -c "$DATA/words.txt" | cksum
$B zstd -q -c "$DATA/words.txt" | $B zstd -dc | cmp - "$DATA/words.txt"
