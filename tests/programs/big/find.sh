# find and xargs, two at a time.
$B find "$DATA" -type f -printf '%f %s %m\n' | sort
$B find "$DATA" -type f -print0 | sort -z | $B xargs -0 -n 2 -P 2 cat | wc
