# strace of a small program: calls in order, results, a signal, the exit status.
$B strace -o t1 -e trace=openat,read,write,close,exit_group cat "$DATA/sum.awk" >/dev/null; echo $?
tail -n 6 t1 | sed -E 's/, [0-9]+\) += /, N) = /'
$B strace -o t2 -e trace=kill,exit_group bash -c 'trap "echo usr1" USR1; kill -USR1 $$; exit 5'; echo $?
sed -E 's/[0-9]{2,}/N/g' t2
# -f: children of forks and their programs, seized by events.
$B strace -f -o t3 -e trace=execve,exit_group bash -c '(exit 3); true | cat; /usr/bin/sh -c "exit 6"; exit 4'; echo $?
sed -E 's/^[0-9]+ +//; s/, 0x[0-9a-f]+ .*\) = /, ENV) = /; s/pid [0-9]+/pid N/; s/si_pid=[0-9]+/si_pid=N/' t3 | grep -v '^---' | sort
