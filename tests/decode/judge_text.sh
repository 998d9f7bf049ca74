#!/bin/sh
# judge_text.sh JUDGE MAX: .text of installed binaries through the judge, at most MAX instructions each (0: all).
# Files that a machine does not have are left out; fewer than 12 is a skip.
set -eu
judge=$1 max=$2
shift 2
for f in "$(gcc -print-prog-name=cc1 2>/dev/null || true)" /usr/bin/bash /usr/bin/perl /usr/bin/python3.1? /usr/bin/git /usr/bin/gdb \
    /usr/bin/cmake /usr/bin/ninja /usr/bin/openssl /usr/bin/node /usr/bin/xz /usr/bin/grep /usr/bin/gawk /usr/bin/ld.bfd \
    /usr/bin/qemu-aarch64 /usr/lib/x86_64-linux-gnu/libc.so.6 /usr/lib/x86_64-linux-gnu/libm.so.6 \
    /usr/lib/x86_64-linux-gnu/libcrypto.so.3 /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /usr/lib/x86_64-linux-gnu/libLLVM-*.so.1 \
    /usr/lib/x86_64-linux-gnu/libavcodec.so.* /usr/lib/x86_64-linux-gnu/libglib-2.0.so.0 /usr/lib/x86_64-linux-gnu/libsqlite3.so.0; do
    [ -f "$f" ] && [ "$(head -c4 "$f" | tail -c3)" = ELF ] && set -- "$@" "$f"
done
[ $# -ge 12 ] || { echo "SKIP: only $# binaries to read"; exit 77; }
exec "$judge" file "$max" "$@"
