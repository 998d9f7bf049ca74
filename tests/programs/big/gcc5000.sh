# A made-up file of 5,000 lines: compiled, linked, run.
awk 'BEGIN {
    print "#include <stdio.h>\n#include <string.h>\nstruct s { int a[8]; double d; };"
    for (i = 0; i < 620; i++) {
        printf "static int f%d(struct s *p, int n)\n{\n    int i, t = %d;\n    for (i = 0; i < n; i++)\n", i, i
        printf "        t = (t * %d + p->a[i & 7]) ^ (i << %d);\n    p->d += t / %d.5;\n    return t;\n}\n", 2 * i + 3, i % 13, i + 1
    }
    print "int main(void)\n{\n    struct s s;\n    unsigned t = 0;\n    memset(&s, 1, sizeof s);"
    for (i = 0; i < 620; i++) if (i % 15 == 0) printf "    t += f%d(&s, 10);\n", i
    print "    printf(\"%u %.3f\\n\", t, s.d);\n    return 0;\n}"
}' >big.c
wc -l <big.c
$B gcc -O1 -w big.c -o big && $B ./big && cksum <big
