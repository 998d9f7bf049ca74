/*
 * va.h - variable arguments: the guest's (in registers and on its stack, or in an x86-64 va_list)
 * turned into a native va_list. What the arguments are is told by a printf or scanf format. Used by
 * generated thunks and wrappers/.
 */
#ifndef BRIDGE_VA_H
#define BRIDGE_VA_H

#include <stdarg.h>

#include "x86/cpu.h"

struct guest_va_list { /* psABI 3.5.7 */
    u32 gp_offset, fp_offset;
    u64 overflow;
    u64 reg_save;
};

/* A guest va_list over the `...` of the running call: counts of fixed integer and SSE arguments,
 * bytes of fixed stack arguments. */
struct br_va_args {
    struct guest_va_list va;
    u64 save[22]; /* 6 integer registers, 8 SSE registers of 16 bytes */
};
void br_va_from_call(struct br_va_args *a, const struct x86_cpu *c, unsigned ints, unsigned sses,
                     unsigned stack);
u64 br_va_int(struct guest_va_list *va);
double br_va_double(struct guest_va_list *va);
long double br_va_ld(struct guest_va_list *va);

/* A value of a type of the program's own (register_printf_type): fetched from the guest's arguments
 * by the program, handed to native printf by address. */
struct br_va_box {
    struct br_va_box *next;
    size_t size;
    u8 bytes[];
};
/* Set once the program has registered conversions with printf. */
extern struct br_va_hooks {
    /* parse_printf_format(3): types of the arguments, at most n; their count. */
    size_t (*types)(bool wide, const void *format, size_t n, int *type);
    struct br_va_box *(*fetch)(int type, struct guest_va_list *va); /* malloc'ed */
} br_va_hooks;

#define BR_VA_INLINE 48
#define BR_VA_LD 8

/* The native side. Must not be copied: the va_list points into it. */
struct br_va {
    va_list ap;
    u64 *slot;
    unsigned n, cap;
    unsigned nld; /* long double results of scanf to be converted back */
    struct {
        gaddr to;
        unsigned nth; /* 1-based number of the assignment */
    } ld[BR_VA_LD];
    long double ldbuf[BR_VA_LD];
    struct br_va_box *boxes;
    u64 fixed[BR_VA_INLINE] __attribute__((aligned(16)));
};

enum br_va_kind { BR_VA_PRINTF, BR_VA_WPRINTF, BR_VA_SCANF, BR_VA_WSCANF, BR_VA_STRFMON };

/* Reads the guest's arguments as the format says and makes v->ap. */
void br_va_format(struct br_va *v, enum br_va_kind kind, const void *format,
                  struct guest_va_list *va);
/* All arguments are integers or pointers, n of them. */
void br_va_ints(struct br_va *v, unsigned n, struct guest_va_list *va);
/* After the call; `assigned` is what scanf returned. Frees, and stores converted results. */
void br_va_done(struct br_va *v, int assigned);

#endif
