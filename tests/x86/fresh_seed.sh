#!/bin/sh
# fresh_seed.sh X86_DIFF SECONDS: a seed nobody has seen; it is printed, so that a failure can be repeated.
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
echo "seed $seed"
"$1" --seconds "$2" --seed "$seed"
status=$?
# Once more behind a long report, of which only the end is shown.
echo "seed $seed"
exit $status
