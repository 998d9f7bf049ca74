# The debugger without a process.
$B gdb -nx --batch -ex 'print 6*7' -ex 'info files' true 2>&1 | head -n 20
