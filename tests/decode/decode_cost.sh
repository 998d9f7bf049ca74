#!/bin/sh
# decode_cost.sh PROGRAM FILE LIMIT: host instructions per decode under callgrind; exit 77 (skip)
# without valgrind or FILE.
set -eu
command -v valgrind >/dev/null || { echo "SKIP: no valgrind"; exit 77; }
[ -r "$2" ] || { echo "SKIP: no $2"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=100000
valgrind --tool=callgrind --toggle-collect=x86_decode --callgrind-out-file="$out/cg" "$1" "$2" $n \
    >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
total=$(sed -n 's/^\(summary\|totals\): *\([0-9]*\).*/\2/p' "$out/cg" | head -1)
echo "host instructions per decode: $((total / n)) (limit $3)"
[ $((total / n)) -le "$3" ]
