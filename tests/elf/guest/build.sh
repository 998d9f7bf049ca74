#!/bin/sh
# build.sh CC OUT: the guest files of tests/elf. Variants of liba and the program differ in how they are linked.
set -e
cc=$1 out=$2
src=$(dirname "$0")
base="-O1 -fno-stack-protector -fcf-protection=none -nostdlib -nostartfiles"
so="$base -fPIC -shared"
mkdir -p "$out/stub" "$out/sub"
$cc $so "$src/native_stub.c" -Wl,-soname,libnative.so.1 -o "$out/stub/libnative.so.1"
$cc $so "$src/order.c" -Wl,-soname,liborder.so -o "$out/sub/liborder.so"
$cc $so "$src/b.c" -Wl,-soname,libb.so.1 -Wl,--version-script="$src/b.map" "$out/sub/liborder.so" -o "$out/sub/libb.so.1"
lib_a() {
    dir=$1
    shift
    mkdir -p "$out/$dir"
    # shellcheck disable=SC2016
    $cc $so "$src/a.c" -Wl,-soname,liba.so.1 "$@" -Wl,--no-as-needed "$out/sub/libb.so.1" "$out/stub/libnative.so.1" "$out/sub/liborder.so" \
        -Wl,-rpath,'$ORIGIN/../sub' -Wl,--enable-new-dtags -o "$out/$dir/liba.so.1"
}
lib_a lazy -Wl,-z,lazy
lib_a now -Wl,-z,now
lib_a sysv -Wl,--hash-style=sysv -Wl,-z,lazy
lib_a relr -Wl,-z,pack-relative-relocs -Wl,-z,now
lib_a desc -mtls-dialect=gnu2 -Wl,-z,lazy
lib_a noplt -fno-plt
prog() {
    name=$1
    shift
    # shellcheck disable=SC2016
    $cc $base "$src/prog.c" "$@" -Wl,-rpath,'$ORIGIN/sub' -Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2 -Wl,--export-dynamic -Wl,--no-as-needed "$out/lazy/liba.so.1" \
        "$out/sub/libb.so.1" "$out/sub/liborder.so" -Wl,-rpath-link,"$out/stub" -Wl,--allow-shlib-undefined -o "$out/$name"
}
prog prog_pie -fPIE -pie
prog prog_fixed -fno-pie -no-pie
prog prog_aligned -fPIE -pie -Wl,-z,max-page-size=0x200000
$cc $so "$src/d2.c" "$out/sub/liborder.so" -Wl,-soname,libd2.so -o "$out/libd2.so"
# shellcheck disable=SC2016
$cc $so "$src/d1.c" -Wl,--no-as-needed "$out/libd2.so" "$out/sub/liborder.so" -Wl,-rpath,'$ORIGIN' -Wl,--disable-new-dtags -o "$out/libd1.so"
$cc $so "$src/ie.c" -o "$out/libie.so"
$cc $so "$src/bad.c" -Wl,-z,lazy -o "$out/libbad.so"
$cc $so "$src/bad.c" -DWITH_DATA -o "$out/libbaddata.so"
mkdir -p "$out/gone"
$cc $so "$src/d2.c" "$out/sub/liborder.so" -Wl,-soname,libgone1.so -o "$out/gone/libgone1.so"
$cc $so "$src/d2.c" "$out/sub/liborder.so" -Wl,-soname,libgone2.so -o "$out/gone/libgone2.so"
$cc $so "$src/d1.c" -Wl,--no-as-needed "$out/gone/libgone1.so" "$out/gone/libgone2.so" "$out/sub/liborder.so" -Wl,-soname,libneedy.so -o "$out/libneedy.so"
# shellcheck disable=SC2016
$cc $base -fPIE -pie "$src/prog.c" -Wl,-rpath,'$ORIGIN/sub:$ORIGIN/lazy' -Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2 -Wl,--no-as-needed "$out/gone/libgone1.so" "$out/libneedy.so" \
    "$out/lazy/liba.so.1" "$out/sub/libb.so.1" "$out/sub/liborder.so" -Wl,-rpath-link,"$out/stub:$out/gone" -Wl,--allow-shlib-undefined -o "$out/prog_missing"
$cc $base -static "$src/static.c" -o "$out/prog_static"
$cc $base -static-pie -fPIE "$src/static.c" -o "$out/prog_static_pie"
touch "$out/stamp"
