# needs: /usr/bin/gdb /usr/bin/true
$B /usr/bin/gdb -nx --batch -ex 'print 6*7' -ex 'info files' /usr/bin/true 2>&1 | head -n 20
