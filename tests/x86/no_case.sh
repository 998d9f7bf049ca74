#!/bin/sh
# no_case.sh X86_DIFF ARGUMENTS - of these rows no case can be made: x86_diff has to say so in one line, with status 2.
said=$("$@" --seconds 5 --quiet 2>&1 >/dev/null)
status=$?
echo "status $status: $said"
test $status = 77 && exit 77
test $status = 2 && test "$(echo "$said" | grep -c "no case for --rows")" = 1
