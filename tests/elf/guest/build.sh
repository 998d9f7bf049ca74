#!/bin/sh
# build.sh CC OUT: the guest files of tests/elf. Variants of liba and the program differ in how they
# are linked.
set -e
cc=$1 out=$2
src=$(dirname "$0")
base="-O1 -fno-stack-protector -fcf-protection=none -nostdlib -nostartfiles"
so="$base -fPIC -shared -Wl,--no-as-needed"
ldso=-Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2
# ld.so's own tokens, not the shell's
# shellcheck disable=SC2016
origin='$ORIGIN'
order=$out/sub/liborder.so
mkdir -p "$out/stub" "$out/sub" "$out/gone"

$cc $so "$src/native_stub.c" -Wl,-soname,libnative.so.1 -o "$out/stub/libnative.so.1"
$cc $so "$src/order.c" -Wl,-soname,liborder.so -o "$order"
$cc $so "$src/b.c" -Wl,-soname,libb.so.1 -Wl,--version-script="$src/b.map" "$order" \
    -o "$out/sub/libb.so.1"

lib_a() {
    dir=$1
    shift
    mkdir -p "$out/$dir"
    $cc $so "$src/a.c" -Wl,-soname,liba.so.1 "$@" "$out/sub/libb.so.1" \
        "$out/stub/libnative.so.1" "$order" -Wl,-rpath,"$origin/../sub" \
        -Wl,--enable-new-dtags -o "$out/$dir/liba.so.1"
}
lib_a lazy -Wl,-z,lazy
lib_a now -Wl,-z,now
lib_a sysv -Wl,--hash-style=sysv -Wl,-z,lazy
lib_a relr -Wl,-z,pack-relative-relocs -Wl,-z,now
lib_a desc -mtls-dialect=gnu2 -Wl,-z,lazy
lib_a noplt -fno-plt

# program NAME RPATH FLAGS_AND_LIBRARIES...
program() {
    name=$1 rpath=$2
    shift 2
    $cc $base "$src/prog.c" "$ldso" -Wl,--export-dynamic -Wl,--no-as-needed "$@" \
        "$out/lazy/liba.so.1" "$out/sub/libb.so.1" "$order" -Wl,-rpath,"$rpath" \
        -Wl,-rpath-link,"$out/stub:$out/gone" -Wl,--allow-shlib-undefined -o "$out/$name"
}
program prog_pie "$origin/sub" -fPIE -pie
program prog_fixed "$origin/sub" -fno-pie -no-pie
program prog_aligned "$origin/sub" -fPIE -pie -Wl,-z,max-page-size=0x200000

$cc $so "$src/d2.c" "$order" -Wl,-soname,libd2.so -o "$out/libd2.so"
$cc $so "$src/d1.c" "$out/libd2.so" "$order" -Wl,-rpath,"$origin" -Wl,--disable-new-dtags \
    -o "$out/libd1.so"
$cc $so "$src/ie.c" -o "$out/libie.so"
$cc $so "$src/bad.c" -Wl,-z,lazy -o "$out/libbad.so"
$cc $so "$src/bad.c" -DWITH_DATA -o "$out/libbaddata.so"

# libgone1 and libgone2 are not found at run time
for n in 1 2; do
    $cc $so "$src/d2.c" "$order" -Wl,-soname,libgone$n.so -o "$out/gone/libgone$n.so"
done
$cc $so "$src/d1.c" "$out/gone/libgone1.so" "$out/gone/libgone2.so" "$order" \
    -Wl,-soname,libneedy.so -o "$out/libneedy.so"
program prog_missing "$origin/sub:$origin/lazy" -fPIE -pie "$out/gone/libgone1.so" \
    "$out/libneedy.so"

$cc $base -static "$src/static.c" -o "$out/prog_static"
$cc $base -static-pie -fPIE "$src/static.c" -o "$out/prog_static_pie"
touch "$out/stamp"
