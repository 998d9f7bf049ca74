/*
 * reports.c - guest program whose loop executes a known number of instructions, one of which
 * (FBSTP) translated code leaves to the interpreter. The argument says how often.
 */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) unsigned long known_loop(unsigned long n)
{
    unsigned char bcd[10];
    unsigned long sum = 0;

    __asm__ volatile("1:\n\t"
                     "fld1\n\t"
                     "fbstp %2\n\t"
                     "addq %1, %0\n\t"
                     "decq %1\n\t"
                     "jnz 1b"
                     : "+r"(sum), "+r"(n), "=m"(bcd)
                     :
                     : "cc");
    return sum + bcd[0];
}

int main(int argc, char **argv)
{
    printf("%lu\n", known_loop(strtoul(argv[argc - 1], NULL, 0)));
    return 0;
}
