/*
 * fp_random.c - SSE programs made at random, in memory: arithmetic, loads and stores through two
 * pointers into the same few values, steps of a pointer, comparisons and branches forward. Each
 * runs with other values, NaNs and infinities among them, until it is translated and longer. Prints
 * a hash of memory, registers and MXCSR's flags of every ten programs, as a CPU has them: not DE
 * and UE, and IE alone where it is set, as ARCHITECTURE.md says. An argument is another seed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PROGRAMS 400
#define ROUNDS 60

static uint64_t state = 88172645463325252ull;
static unsigned char *at;

static unsigned any(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

static void put(unsigned n, uint64_t bytes)
{
    for (; n; n--, bytes >>= 8)
        *at++ = (unsigned char)bytes;
}

/* mod 1: [RDI or RSI + disp8]. */
struct place {
    unsigned base, disp;
};

static struct place any_place(void)
{
    struct place m = {.base = 6 + any(2)};

    m.disp = any(3) ? 8 * any(4) : 4 * any(12);
    return m;
}

/* Numbers are drawn one after the other, never two among a call's arguments. */
static void op_mem(unsigned prefix, unsigned op, unsigned reg, struct place m)
{
    if (prefix)
        put(1, prefix);
    put(4, 0x0f | op << 8 | (0x40 | reg << 3 | m.base) << 16 | m.disp << 24);
}

static void op_reg(unsigned prefix, unsigned op, unsigned reg, unsigned rm)
{
    if (prefix)
        put(1, prefix);
    put(3, 0x0f | op << 8 | (0xc0 | reg << 3 | rm) << 16);
}

static const unsigned char arithmetic[] = {0x58, 0x58, 0x59, 0x59, 0x5c, 0x5c,
                                           0x5e, 0x51, 0x5a, 0x5d, 0x5f};
static const unsigned char scalars[] = {0xf2, 0xf3}, packed[] = {0x66, 0};

static void calculate(unsigned prefix, unsigned reg)
{
    unsigned op = arithmetic[any(sizeof arithmetic)], rm = any(8);
    struct place m = any_place();

    if (!any(5) && op != 0x5a)
        op_reg(packed[prefix == 0xf3], op, reg, rm);
    else if (any(2))
        op_reg(prefix, op, reg, rm);
    else
        op_mem(prefix, op, reg, m);
}

static void rewrite(void)
{
    unsigned prefix = any(4) ? 0xf2 : any(4) ? 0xf3 : 0, reg = any(8);
    struct place m = any_place();

    op_mem(prefix, 0x10, reg, m);
    for (unsigned n = 1 + any(2); n; n--) {
        unsigned other = any(8), op = arithmetic[any(6)];

        if (prefix)
            calculate(prefix, any(4) ? reg : other);
        else
            op_reg(packed[any(2)], op, reg, other);
    }
    op_mem(prefix, 0x11, any(6) ? reg : any(8), m);
}

static void one(void)
{
    unsigned prefix = scalars[any(4) == 3], other = packed[any(2)], reg = any(8), rm = any(8);
    unsigned part = any(4) ? prefix : 0, logic = 0x54 + any(4);
    struct place m = any_place();

    switch (any(10)) {
    case 0: op_mem(part, 0x10, reg, m); break;
    case 1: op_mem(part, 0x11, reg, m); break;
    case 2: op_reg(other, 0x28, reg, rm); break;
    case 3: put(4, any(2) ? 0x087f8d48 : 0x08768d48); break; /* LEA RDI, [RDI + 8]; RSI: no flags */
    case 4: put(4, any(2) ? 0xf87f8d48 : 0xf8768d48); break; /* ... - 8 */
    case 5: put(3, any(2) ? 0xc0ff48 : 0xc83948); break;     /* INC RAX; CMP RAX, RCX */
    case 6: op_reg(other, logic, reg, rm); break;            /* ANDP ... XORP */
    default: calculate(prefix, reg);
    }
}

static void several(unsigned n);

static void branch(void)
{
    unsigned prefix = packed[!any(3)], op = 0x2e + any(2), reg = any(8), rm = any(8);
    unsigned char *from;

    if (any(4))
        op_reg(prefix, op, reg, rm);
    put(2, 0x70 | any(16));
    from = at;
    several(1 + any(2)); /* less than 128 bytes */
    from[-1] = (unsigned char)(at - from);
}

static void several(unsigned n)
{
    for (; n; n--) {
        unsigned kind = any(8);

        if (kind < 3)
            rewrite();
        else if (kind == 3 && n > 2)
            branch();
        else
            one();
    }
}

/* The balance of steps is kept by the caller, which gives both pointers anew. */
static void make(void)
{
    for (unsigned i = 0; i < 8; i++) /* MOVUPS XMMi, [RDX + 16 * i] */
        put(4, 0x0f | 0x10 << 8 | (0x42 | i << 3) << 16 | 16 * i << 24);
    put(7, 0x8092ae0f); /* LDMXCSR [RDX + 128] */
    put(3, 0xc03148);   /* XOR EAX, EAX: flags and RAX are known */
    several(4 + any(14));
    put(3, 0xc0920f); /* SETB AL */
    for (unsigned i = 0; i < 8; i++)
        put(4, 0x0f | 0x11 << 8 | (0x42 | i << 3) << 16 | 16 * i << 24);
    put(7, 0x809aae0f); /* STMXCSR */
    put(1, 0xc3);
}

static double value(void)
{
    static const uint64_t odd[] = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff4000000000123,
                                   0x7ff8000000000055, 0xfff8000000000066, 0,
                                   0x7f8000007f800001, 0xffc01234ff800000, 0x7fc000003f800000,
                                   1ull << 63};
    double d = (any(4000) - 2000.) / 16;
    float f[2] = {(float)d, 1.5f};

    if (!any(24))
        memcpy(&d, &odd[any(10)], 8);
    else if (!any(3))
        memcpy(&d, f, 8);
    return d;
}

static uint64_t hash(uint64_t h, const void *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t q;

        memcpy(&q, (const char *)p + 8 * i, 8);
        h = (h * 31) ^ q ^ (h >> 29);
    }
    return h;
}

int main(int argc, char **argv)
{
    unsigned char *page =
        mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static double memory[128], regs[17];
    unsigned apart, rcx, mxcsr = 0x1f80, flags;
    uint64_t h = 0;

    if (argc > 1)
        state ^= strtoull(argv[1], NULL, 0) << 7;
    at = page;
    for (unsigned k = 0; k < PROGRAMS; k++) {
        int (*f)(void *, void *, void *, long) = (void *)at;

        make();
        for (unsigned i = 0; i < ROUNDS; i++) {
            for (unsigned j = 0; j < 128; j++)
                memory[j] = value();
            for (unsigned j = 0; j < 16; j++)
                regs[j] = value();
            apart = any(8);
            rcx = any(3);
            memcpy(&regs[16], &mxcsr, sizeof mxcsr);
            h = h * 31 + (unsigned)f(memory + 40, (char *)(memory + 40) + 4 * apart, regs, rcx);
            memcpy(&flags, &regs[16], sizeof flags);
            h = hash(h + (flags & 1 ? 1 : flags & 0x2d), memory, 128);
            h = hash(h, regs, 16);
        }
        if (k % 10 == 9)
            printf("%u %016llx\n", k, (unsigned long long)h);
    }
    return 0;
}
