# The debugger with a process: breakpoints, registers, memory, steps, signals, its end.
cp "$BIG/debugged.c" . && gcc -g -O0 -pthread debugged.c -o debugged
$B gdb -nx --batch -x "$BIG/gdb.cmds" ./debugged 2>&1 | grep -v '^warning: Error disabling address space' |
    sed -E 's/0x[0-9a-f]{6,}/ADDRESS/g; s/process [0-9]+/process N/'
