# lib.sh - what the commands of this folder share: the cache folder, messages, host names, apt.
# Sourced, never run. A command sets its own name for messages by its file name.
#
# Nothing here knows a mirror: every download comes from where this machine's apt is configured to go.

set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${BOX64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/box64-dev}
me=${0##*/}

say() {
    printf '%s: %s\n' "$me" "$*" >&2
}

fail() {
    printf '%s: error: %s\n' "$me" "$*" >&2
    exit 1
}

# logged NAME COMMAND...: output goes to a log; when the command fails the end of the log is
# shown, with addresses blanked out (which mirror a machine uses is nobody else's business).
logged() {
    local name=$1
    local log=$cache/log/$name.log
    shift
    mkdir -p "$cache/log"
    if ! "$@" >"$log" 2>&1; then
        tail -n 15 "$log" | sed -E 's#[a-z+]+://[^ ]+#<mirror>#g' >&2
        fail "$name failed"
    fi
}

# The comment at the head of a command is its help text.
usage() {
    sed -n '2,/^[^#]/s/^#\( \|$\)//p' "$0"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --preserve-env=DEBIAN_FRONTEND,LC_ALL "$@"
    else
        fail "must be root, or have sudo, to run: $*"
    fi
}

# One command at a time changes the cache; a second one waits.
lock_cache() {
    mkdir -p "$cache"
    exec {cache_lock}>"$cache/lock"
    flock "$cache_lock"
}

# ---- the names of a host -------------------------------------------------------------------

all_hosts="x86_64 aarch64 riscv64 loongarch64"

# Takes what uname, Debian or a user calls it; prints our name.
host_name() {
    case $1 in
        x86_64 | amd64 | x86-64) echo x86_64 ;;
        aarch64 | arm64) echo aarch64 ;;
        riscv64 | rv64) echo riscv64 ;;
        loongarch64 | loong64 | la64) echo loongarch64 ;;
        *) fail "unknown host $1; known: $all_hosts" ;;
    esac
}

debian_arch() {
    case $(host_name "$1") in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        riscv64) echo riscv64 ;;
        loongarch64) echo loong64 ;;
    esac
}

own_host() {
    host_name "$(uname -m)"
}

guest_tree() {
    echo "$cache/sysroot/x86_64"
}

# build_dir HOST [PRESET]
build_dir() {
    echo "$top/build/$1${2:+-$2}"
}

# Where guest programs find what is not found by their own path: perl has its module path built
# in. The interpreters' hash seeds and the locale are fixed, so that a run can be repeated.
guest_environment() {
    local tree
    tree=$(guest_tree)
    [ -e "$tree/.made-of" ] || fail "no guest tree; run scripts/setup"
    export BOX64_LD_LIBRARY_PATH=${BOX64_LD_LIBRARY_PATH:-$tree/usr/lib/x86_64-linux-gnu:$tree/usr/lib}
    export BOX64_PATH=${BOX64_PATH:-$tree/usr/bin}
    export BOX64_GUEST_ROOT=${BOX64_GUEST_ROOT:-$tree}
    export PERL5LIB=${PERL5LIB:-$(perl_path "$tree")}
    export PYTHONHASHSEED=0 PERL_HASH_SEED=0 PYTHONDONTWRITEBYTECODE=1
}

perl_path() {
    local lib=$1/usr/lib/x86_64-linux-gnu
    local dir
    for dir in "$lib"/perl/5.* "$1"/usr/share/perl/5.* "$lib"/perl-base; do
        if [ -d "$dir" ] && [ ! -L "$dir" ]; then
            printf '%s:' "$dir"
        fi
    done
}

# The tree that a program of HOST finds its libraries in (QEMU's -L). The cross compilers of the
# distribution bring a libc; loongarch64 has none there and gets a tree of its own.
host_tree() {
    case $1 in
        loongarch64) echo "$cache/sysroot/loongarch64" ;;
        *) echo "/usr/$1-linux-gnu" ;;
    esac
}

# What runs a program of HOST on this machine; the result is in the array `runner`.
find_runner() {
    local host=$1
    runner=()
    if [ "$host" = "$(own_host)" ]; then
        return
    fi
    runner=("$cache/qemu/qemu-$host" -cpu max -L "$(host_tree "$host")")
    [ -x "${runner[0]}" ] || fail "no QEMU for $host; run scripts/setup"
}

# ---- apt -----------------------------------------------------------------------------------

# Sets origin and suite: the release this machine runs.
find_release() {
    # shellcheck disable=SC1091
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC1091
    origin=$(. /etc/os-release && echo "${ID:-}")
}

# Sets mirror: where apt gets the archive proper (not -security, -updates) of this release.
# apt knows the origin only of archives whose lists it has.
find_mirror() {
    mirror=$(mirror_of_apt)
    if [ -z "$mirror" ]; then
        logged apt-update as_root apt-get update
        mirror=$(mirror_of_apt)
    fi
    [ -n "$mirror" ] || fail "apt on this machine knows no archive of $origin $suite"
}

mirror_of_apt() {
    apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Component: main' |
        awk -v suite="$suite" '$1 == suite && !seen++ { sub(/\/+$/, "", $2); print $2 }'
}

# private_apt SUITE ARCH COMMAND...: an apt of our own for one suite and architecture; the
# machine's sources and package state stay as they are, and root is not needed.
private_apt() {
    local of=$1 arch=$2
    local dir=$cache/apt/$of-$arch
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    local components=main
    shift 2
    [ -n "${mirror:-}" ] || find_mirror
    if [ "$origin" = ubuntu ]; then
        keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
        components="main universe"
    fi
    mkdir -p "$dir"/state/lists/partial "$dir"/cache/archives/partial
    mkdir -p "$dir"/etc/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d}
    touch "$dir/status"
    echo "deb [signed-by=$keyring] $mirror $of $components" >"$dir/etc/sources.list"
    "$1" -o Dir::State="$dir/state" -o Dir::State::status="$dir/status" \
        -o Dir::Cache="$dir/cache" -o Dir::Etc="$dir/etc" -o Debug::NoLocking=true \
        -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Acquire::Languages=none \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Check-Valid-Until=false \
        -o APT::Install-Recommends=false "${@:2}"
}

# unpack_debs TARGET DEB...: only the files; no maintainer script runs, so nothing is emulated.
unpack_debs() {
    local target=$1
    local deb
    shift
    for deb in "$@"; do
        dpkg --fsys-tarfile "$deb" |
            tar -x --no-same-owner --no-same-permissions --keep-directory-symlink -C "$target"
    done
}

find_release
