/*
 * bpf.c - the classic BPF machine of seccomp filters: two registers, 16 words of memory, loads of
 * aligned words out of struct seccomp_data only. bpf_valid says what bpf_run may be given: jumps go
 * forward and stay inside, so that every program ends.
 */
#include <string.h>

#include "linux/policy.h"

#define SLOTS 16
/* The codes, class in the low 3 bits (linux/bpf_common.h). */
enum {
    LD_ABS = 0x20,
    LD_LEN = 0x80,
    LD_IMM = 0x00,
    LD_MEM = 0x60,
    LDX_LEN = 0x81,
    LDX_IMM = 0x01,
    LDX_MEM = 0x61,
    ST = 0x02,
    STX = 0x03,
    RET_K = 0x06,
    RET_A = 0x16,
    TAX = 0x07,
    TXA = 0x87,
    CLASS_ALU = 0x04,
    CLASS_JMP = 0x05,
    SRC_X = 0x08
};
enum {
    ADD = 0x00,
    SUB = 0x10,
    MUL = 0x20,
    DIV = 0x30,
    OR = 0x40,
    AND = 0x50,
    LSH = 0x60,
    RSH = 0x70,
    NEG = 0x80,
    XOR = 0xa0
};
enum { JA = 0x00, JEQ = 0x10, JGT = 0x20, JGE = 0x30, JSET = 0x40 };

static bool valid_alu(const struct bpf_insn *i)
{
    const unsigned op = i->code & 0xf0;
    const bool x = i->code & SRC_X;

    if (i->code & ~0xfcu || op == 0x90 || op > XOR)
        return false;
    if (op == NEG)
        return !x;
    if (op == DIV && !x)
        return i->k != 0;
    return (op != LSH && op != RSH) || x || i->k < 32;
}

static bool valid_jump(const struct bpf_insn *i, unsigned left)
{
    const unsigned op = i->code & 0xf0;

    if (i->code & ~0xfdu)
        return false;
    if (op == JA)
        return !(i->code & SRC_X) && i->k < left;
    return op <= JSET && i->jt < left && i->jf < left;
}

static bool valid(const struct bpf_insn *i, unsigned left)
{
    if ((i->code & 7) == CLASS_ALU)
        return valid_alu(i);
    if ((i->code & 7) == CLASS_JMP)
        return valid_jump(i, left);
    switch (i->code) {
    case LD_ABS: return i->k < sizeof(struct bpf_data) && !(i->k & 3);
    case LD_MEM:
    case LDX_MEM:
    case ST:
    case STX: return i->k < SLOTS;
    case LD_LEN:
    case LD_IMM:
    case LDX_LEN:
    case LDX_IMM:
    case RET_K:
    case RET_A:
    case TAX:
    case TXA: return true;
    default: return false;
    }
}

bool bpf_valid(const struct bpf_insn *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!valid(&p[i], n - 1 - i))
            return false;
    return n && (p[n - 1].code == RET_K || p[n - 1].code == RET_A);
}

static u32 alu(unsigned op, u32 a, u32 b)
{
    switch (op) {
    case ADD: return a + b;
    case SUB: return a - b;
    case MUL: return a * b;
    case DIV: return a / b;
    case OR: return a | b;
    case AND: return a & b;
    case LSH: return b < 32 ? a << b : 0;
    case RSH: return b < 32 ? a >> b : 0;
    case XOR: return a ^ b;
    default: return 0 - a;
    }
}

static bool test(unsigned op, u32 a, u32 b)
{
    switch (op) {
    case JEQ: return a == b;
    case JGT: return a > b;
    case JGE: return a >= b;
    default: return a & b;
    }
}

static u32 load(const struct bpf_data *d, u32 at)
{
    u32 v;

    memcpy(&v, (const u8 *)d + at, sizeof v);
    return v;
}

u32 bpf_run(const struct bpf_insn *p, const struct bpf_data *d)
{
    u32 a = 0, x = 0, m[SLOTS] = {0};

    for (;; p++) {
        const u32 b = p->code & SRC_X ? x : p->k;
        const unsigned op = p->code & 0xf0;

        switch (p->code) {
        case LD_ABS: a = load(d, p->k); continue;
        case LD_LEN: a = sizeof *d; continue;
        case LD_IMM: a = p->k; continue;
        case LD_MEM: a = m[p->k]; continue;
        case LDX_LEN: x = sizeof *d; continue;
        case LDX_IMM: x = p->k; continue;
        case LDX_MEM: x = m[p->k]; continue;
        case ST: m[p->k] = a; continue;
        case STX: m[p->k] = x; continue;
        case TAX: x = a; continue;
        case TXA: a = x; continue;
        case RET_K: return p->k;
        case RET_A: return a;
        }
        if ((p->code & 7) == CLASS_JMP) {
            p += op == JA ? p->k : test(op, a, b) ? p->jt : p->jf;
        } else {
            if (op == DIV && !b)
                return 0; /* as the kernel: the program ends with 0, the strictest answer */
            a = alu(op, a, b);
        }
    }
}
