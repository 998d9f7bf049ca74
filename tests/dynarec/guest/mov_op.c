/*
 * mov_op.c - guest program: a move and then an operation on what was moved, which translated code
 * makes one instruction of; with flags read afterwards and without, in loops that get hot. Prints
 * a checksum for each; mov_op.expect is what a CPU prints.
 */
#include <stdint.h>
#include <stdio.h>

#define OSZAPC 0x8d5u
#define LOGIC (OSZAPC & ~0x10u) /* AF is undefined */
#define SHIFT 0xc5u             /* AF, and OF unless the count is 1 */
#define ROTATE 0x1u

static uint64_t state = 88172645463325252u;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void report(const char *name, uint64_t sum, uint64_t flags)
{
    printf("%-28s %016llx %04llx\n", name, (unsigned long long)sum, (unsigned long long)flags);
}

/* Twice: flags dead (the next instruction sets all), and read. s must stay as it was. */
#define RUN(name, mov, op, mask)                                                                   \
    do {                                                                                           \
        uint64_t sum = 0, all = 0;                                                                 \
                                                                                                   \
        for (int i = 0; i < 200; i++) {                                                            \
            uint64_t s = random64() >> (i & 31), x = random64(), d, e, f, kept = s;                \
                                                                                                   \
            __asm__ volatile(mov "\n\t" op "\n\t"                                                  \
                                 "test %%rcx, %%rcx"                                               \
                             : "=&a"(d)                                                            \
                             : "c"(x), "d"(s)                                                      \
                             : "cc");                                                              \
            __asm__ volatile(mov "\n\t" op "\n\t"                                                  \
                                 "pushfq\n\tpopq %1"                                               \
                             : "=&a"(e), "=&r"(f)                                                  \
                             : "c"(x), "d"(s)                                                      \
                             : "cc");                                                              \
            __asm__ volatile("" : "+d"(s));                                                        \
            sum = (sum * 31 + d) * 31 + e + (s != kept);                                           \
            all = all * 5 + (f & (mask));                                                          \
        }                                                                                          \
        report(name, sum, all & 0xffff);                                                           \
    } while (0)

/* 64 bits, 32 bits, 64 bits moved and 32 used. */
#define THREE(op, src64, src32, mask)                                                              \
    RUN(op " " src64, "movq %%rdx, %%rax", op "q " src64 ", %%rax", mask);                         \
    RUN(op " " src32, "movl %%edx, %%eax", op "l " src32 ", %%eax", mask);                         \
    RUN(op " 64/32 " src32, "movq %%rdx, %%rax", op "l " src32 ", %%eax", mask)

#define BINARY(op, mask)                                                                           \
    THREE(op, "%%rcx", "%%ecx", mask);                                                             \
    THREE(op, "%%rdx", "%%edx", mask);                                                             \
    THREE(op, "%%rax", "%%eax", mask);                                                             \
    THREE(op, "$0", "$0", mask);                                                                   \
    THREE(op, "$1", "$1", mask);                                                                   \
    THREE(op, "$-1", "$-1", mask);                                                                 \
    THREE(op, "$0x12345", "$0x12345", mask)

#define SHIFTS(op, mask)                                                                           \
    THREE(op, "$1", "$1", (mask) | 0x800u);                                                        \
    THREE(op, "$13", "$13", mask);                                                                 \
    THREE(op, "$31", "$31", mask);                                                                 \
    THREE(op, "$0", "$0", 0);                                                                      \
    THREE(op, "$32", "$32", 0);                                                                    \
    THREE(op, "%%cl", "%%cl", 0)

int main(void)
{
    BINARY("add", OSZAPC);
    BINARY("sub", OSZAPC);
    BINARY("and", LOGIC);
    BINARY("or", LOGIC);
    BINARY("xor", LOGIC);
    SHIFTS("shl", SHIFT);
    SHIFTS("shr", SHIFT);
    SHIFTS("sar", SHIFT);
    SHIFTS("rol", ROTATE);
    SHIFTS("ror", ROTATE);
    return 0;
}
