# bash's job control, traps, coprocesses.
$B bash "$BIG/jobs.bash" 2>&1 | sed 's/[0-9]\{3,\}/N/g'
