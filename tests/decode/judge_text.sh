#!/bin/sh
# judge_text.sh JUDGE MAX: .text of installed binaries through the judge, at most MAX instructions each (0: all).
# Files that a machine does not have are left out; fewer than 12 is a skip.
set -eu
judge=$1 max=$2
shift 2
bin=/usr/bin lib=/usr/lib/x86_64-linux-gnu
for f in "$(gcc -print-prog-name=cc1 2>/dev/null || true)" $bin/bash $bin/perl $bin/python3.1? $bin/git $bin/gdb \
    $bin/cmake $bin/ninja $bin/openssl $bin/node $bin/xz $bin/grep $bin/gawk $bin/ld.bfd $bin/qemu-aarch64 \
    $lib/libc.so.6 $lib/libm.so.6 $lib/libcrypto.so.3 $lib/libstdc++.so.6 $lib/libLLVM-*.so.1 \
    $lib/libavcodec.so.* $lib/libglib-2.0.so.0 $lib/libsqlite3.so.0; do
    [ -f "$f" ] && [ "$(head -c4 "$f" | tail -c3)" = ELF ] && set -- "$@" "$f"
done
[ $# -ge 12 ] || { echo "SKIP: only $# binaries to read"; exit 77; }
exec "$judge" file "$max" "$@"
