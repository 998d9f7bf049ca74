# needs: /usr/bin/gcc
printf '#include <stdio.h>\nint main(void) { printf("hello %%d\\n", 42); return 3; }\n' >h.c
$B /usr/bin/gcc -O2 h.c -o h; echo $?
$B ./h; echo $?
cksum <h
