#!/bin/sh
# scripts_usage.sh SCRIPTS-FOLDER - commands called wrongly say so in one line and do nothing: exit status 1.
bad=0
wrong() {
    command=$1
    shift
    said=$("$scripts/$command" "$@" 2>&1 >/dev/null </dev/null)
    status=$?
    case "$status $said" in
        *"
"*) ;;
        "1 $command: error: "*) return ;;
    esac
    echo "$command $*: status $status: $said"
    bad=1
}
scripts=$1
wrong build --preset
wrong build --target
wrong build --no-such-option
wrong build no-such-host
wrong test --only
wrong test --no-such-option
wrong setup --with
wrong emu
wrong emu x86_64
wrong emu no-such-host program
exit $bad
