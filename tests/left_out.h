/*
 * left_out.h - what a guest program of the tests does not do under user-mode QEMU, because QEMU
 * itself can not: each place says what and why, and the program prints it.
 */
#ifndef TESTS_LEFT_OUT_H
#define TESTS_LEFT_OUT_H

#include <stdio.h>
#include <stdlib.h>

/* How the line begins (under_qemu.py reads it here). */
#define LEFT_OUT "left out: "

static inline int under_qemu(void)
{
    return getenv("UNDER_QEMU") != NULL;
}

/* Whether what the text names is left out. */
static inline int left_out(const char *what_and_why)
{
    if (under_qemu())
        printf(LEFT_OUT "%s\n", what_and_why);
    return under_qemu();
}

#endif
