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
                             : "cc", "r8", "r9", "r10");                                           \
            __asm__ volatile(mov "\n\t" op "\n\t"                                                  \
                                 "pushfq\n\tpopq %1"                                               \
                             : "=&a"(e), "=&r"(f)                                                  \
                             : "c"(x), "d"(s)                                                      \
                             : "cc", "r8", "r9", "r10");                                           \
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

#define GAP(name, between, op, mask) RUN(name, "movq %%rdx, %%rax\n\t" between, op, mask)

/* Others in between: some let the move wait, some need it done, some change where it is from. */
static void gaps(void)
{
    GAP("gap", "movzbl %%cl, %%r8d\n\taddq $1, %%r8", "shlq $5, %%rax", SHIFT);
    GAP("gap of lea", "leaq 1(%%rcx,%%rdx), %%r8", "addq %%r8, %%rax", OSZAPC);
    GAP("gap of cmp", "cmpq %%rcx, %%rdx\n\tmovl $7, %%r9d", "andl %%ecx, %%eax", LOGIC);
    GAP("gap of moves", "movq %%rcx, %%r8\n\taddq $9, %%r8", "xorq %%r8, %%rax", LOGIC);
    GAP("gap that reads", "leaq 1(%%rax), %%r8\n\tmovq %%rax, %%r9", "addq %%r9, %%rax", OSZAPC);
    GAP("gap that reads a byte", "movzbl %%al, %%r8d", "subq %%r8, %%rax", OSZAPC);
    GAP("gap that writes a byte", "movb $3, %%al", "subq %%rcx, %%rax", OSZAPC);
    GAP("gap that writes ah", "movb $3, %%ah", "subq %%rcx, %%rax", OSZAPC);
    GAP("gap that writes it", "movq %%rcx, %%rax", "shrq $3, %%rax", SHIFT);
    GAP("gap that changes the source", "movq %%rdx, %%r10\n\txorl %%edx, %%edx",
        "addq $5, %%rax\n\tmovq %%r10, %%rdx", OSZAPC);
    GAP("gap with memory", "movq %%rcx, -8(%%rsp)\n\tmovq -8(%%rsp), %%r8", "orq %%r8, %%rax",
        LOGIC);
    GAP("gap with a branch", "testl $1, %%ecx\n\tjz 1f\n\tnop\n1:", "rolq $9, %%rax", ROTATE);
    GAP("gap too long", "nop\n\tnop\n\tnop\n\tnop\n\tnop", "subq $9, %%rax", OSZAPC);
    GAP("gap with mul", "movq %%rcx, %%r8\n\timulq %%rdx, %%r8", "addq %%r8, %%rax", OSZAPC);
}

int main(void)
{
    gaps();
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
