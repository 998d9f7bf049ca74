/*
 * sem_string.c - MOVS STOS LODS CMPS SCAS with and without repeat.
 * A repeat runs in chunks: as many elements as lie in one page of each side, so that a fault can
 * only hit a chunk's first element, with rCX rSI rDI naming it exactly. Between chunks a pending
 * interrupt leaves with rip back on the instruction.
 */
#include <string.h>

#include "interp/alu.h"
#include "interp/sem.h"

enum { USE_SI = 1, USE_DI = 2 };

struct str {
    struct x86_cpu *c;
    const struct x86_insn *in;
    unsigned size; /* element */
    unsigned use;  /* USE_SI, USE_DI */
};

static gaddr str_linear(const struct str *s, u64 offset, u64 base)
{
    u64 a = zext(offset, s->in->adsz) + base;

    return s->in->mode == 64 ? a : (u32)a;
}

static gaddr str_si(const struct str *s)
{
    return str_linear(s, s->c->gpr[X86_RSI], s->c->seg_base[s->in->seg]);
}

/* Always ES: its base is 0 in 64-bit mode. */
static gaddr str_di(const struct str *s)
{
    return str_linear(s, s->c->gpr[X86_RDI], s->in->mode == 64 ? 0 : s->c->seg_base[X86_ES]);
}

static void str_advance(const struct str *s, u64 n)
{
    struct x86_cpu *c = s->c;
    u64 delta = c->eflags & X86_DF ? 0 - n * s->size : n * s->size;

    if (s->use & USE_SI)
        gpr_write(c, X86_RSI, s->in->adsz, c->gpr[X86_RSI] + delta);
    if (s->use & USE_DI)
        gpr_write(c, X86_RDI, s->in->adsz, c->gpr[X86_RDI] + delta);
}

static bool str_repeats(const struct str *s)
{
    return s->in->pfx & (X86_PFX_REP | X86_PFX_REPNE);
}

static u64 str_count(const struct str *s)
{
    return gpr_read(s->c, X86_RCX, s->in->adsz);
}

static void str_done(const struct str *s, u64 n)
{
    str_advance(s, n);
    gpr_write(s->c, X86_RCX, s->in->adsz, s->c->gpr[X86_RCX] - n);
}

/* Somebody wants the thread: continue later at this very instruction. */
static bool str_interrupted(const struct str *s)
{
    if (LIKELY(!sem_pending(s->c)) || !str_count(s))
        return false;
    s->c->rip -= s->in->len;
    if (s->in->mode == 32)
        s->c->rip = (u32)s->c->rip;
    return true;
}

static u64 min_u64(u64 a, u64 b)
{
    return a < b ? a : b;
}

/* Elements before the page ends at linear address a, and before a 32-bit offset wraps. */
static u64 room_at(const struct str *s, gaddr a, u64 offset)
{
    u64 n = (4096 - (a & 4095)) / s->size;

    if (s->in->adsz == 4)
        n = min_u64(n, (0x100000000 - (u32)offset) / s->size);
    return n;
}

/* Elements of the next chunk, at least 1. Backward and 16-bit repeats go one by one. */
static u64 str_chunk(const struct str *s)
{
    u64 n = str_count(s);

    if ((s->c->eflags & X86_DF) || s->in->adsz == 2)
        return 1;
    if (s->use & USE_SI)
        n = min_u64(n, room_at(s, str_si(s), s->c->gpr[X86_RSI]));
    if (s->use & USE_DI)
        n = min_u64(n, room_at(s, str_di(s), s->c->gpr[X86_RDI]));
    return n ? n : 1;
}

static struct str str_begin(struct x86_cpu *c, const struct x86_insn *in, unsigned use)
{
    return (struct str){c, in, in->opnd[0].size, use};
}

/*
 * Copies n elements forward; a destination just above its source must see its own writes: then only
 * their distance at once. The first element goes alone: a fault names its address.
 */
static u64 copy_chunk(const struct str *s, gaddr to, gaddr from, u64 n)
{
    u64 distance = to - from, size = s->size;

    if (distance && distance < n * size)
        n = distance / size;
    mem_write(to, s->size, mem_read(from, s->size));
    if (n > 1)
        memmove(g2h(to + size), g2h(from + size), (n - 1) * size);
    return n ? n : 1;
}

void sem_MOVS(struct x86_cpu *c, const struct x86_insn *in)
{
    struct str s = str_begin(c, in, USE_SI | USE_DI);

    if (!str_repeats(&s)) {
        copy_chunk(&s, str_di(&s), str_si(&s), 1);
        str_advance(&s, 1);
        return;
    }
    while (str_count(&s)) {
        str_done(&s, copy_chunk(&s, str_di(&s), str_si(&s), str_chunk(&s)));
        if (str_interrupted(&s))
            return;
    }
}

static void fill_chunk(const struct str *s, gaddr to, u64 n, u64 v)
{
    unsigned size = s->size;

    mem_write(to, size, v); /* alone, for the fault address */
    if (size == 1) {
        memset(g2h(to + 1), (int)(u8)v, n - 1);
        return;
    }
    for (u64 i = 1; i < n; i++)
        mem_write(to + i * size, size, v);
}

void sem_STOS(struct x86_cpu *c, const struct x86_insn *in)
{
    struct str s = str_begin(c, in, USE_DI);

    if (!str_repeats(&s)) {
        mem_write(str_di(&s), s.size, c->gpr[X86_RAX]);
        str_advance(&s, 1);
        return;
    }
    while (str_count(&s)) {
        u64 n = str_chunk(&s);

        fill_chunk(&s, str_di(&s), n, c->gpr[X86_RAX]);
        str_done(&s, n);
        if (str_interrupted(&s))
            return;
    }
}

void sem_LODS(struct x86_cpu *c, const struct x86_insn *in)
{
    struct str s = str_begin(c, in, USE_SI);

    if (!str_repeats(&s)) {
        u64 v = mem_read(str_si(&s), s.size);

        gpr_write(c, X86_RAX, s.size, v);
        str_advance(&s, 1);
        return;
    }
    while (str_count(&s)) {
        u64 n = str_chunk(&s), v;

        *(volatile u8 *)g2h(str_si(&s)); /* the first element is the one that faults */
        v = mem_read(str_si(&s) + (n - 1) * s.size, s.size);
        gpr_write(c, X86_RAX, s.size, v);
        str_done(&s, n);
        if (str_interrupted(&s))
            return;
    }
}

/*
 * CMPS and SCAS: a and b are the last pair compared. A fault in mid-repeat leaves the flags of the
 * last finished chunk: SDM vol. 2 (REP) promises those of before the instruction, AMD shows the
 * last comparison; a restart does not read them. The destination is read first.
 */
struct compare {
    u64 a, b;
    bool stop; /* ZF ended the repeat */
};

/*
 * Compares up to n elements forward from both addresses (SCAS: no source, cmp->a stays); returns
 * how many were done.
 */
ALWAYS_INLINE u64 compare_run(const struct str *s, struct compare *cmp, u64 n, unsigned size)
{
    bool until_equal = s->in->pfx & X86_PFX_REPNE;
    bool from_memory = s->use & USE_SI;
    gaddr si = from_memory ? str_si(s) : 0, di = str_di(s);
    u64 a = cmp->a, b = 0, i = 0;
    bool stop = false;

    while (i < n && !stop) {
        b = mem_read(di + i * size, size);
        if (from_memory)
            a = mem_read(si + i * size, size);
        stop = (a == b) == until_equal;
        i++;
    }
    *cmp = (struct compare){a, b, stop};
    return i;
}

static u64 compare_chunk(const struct str *s, struct compare *cmp, u64 n)
{
    /* Which side faults first is nobody's promise: AMD reads the source first only in REPE CMPSB.
     */
    if ((s->use & USE_SI) && (s->in->pfx & X86_PFX_REP) && s->size == 1)
        *(volatile u8 *)g2h(str_si(s));
    switch (s->size) {
    case 1: return compare_run(s, cmp, n, 1);
    case 2: return compare_run(s, cmp, n, 2);
    case 4: return compare_run(s, cmp, n, 4);
    default: return compare_run(s, cmp, n, 8);
    }
}

static void compare_strings(struct str *s, u64 acc)
{
    struct x86_cpu *c = s->c;
    struct compare cmp = {.a = acc};

    if (!str_repeats(s)) {
        compare_chunk(s, &cmp, 1);
        str_advance(s, 1);
        alu_sub(&c->lf, s->size, cmp.a, cmp.b);
        return;
    }
    if (!str_count(s))
        return;
    do {
        str_done(s, compare_chunk(s, &cmp, str_chunk(s)));
        alu_sub(&c->lf, s->size, cmp.a, cmp.b);
    } while (!cmp.stop && str_count(s) && !str_interrupted(s));
}

void sem_CMPS(struct x86_cpu *c, const struct x86_insn *in)
{
    struct str s = str_begin(c, in, USE_SI | USE_DI);

    compare_strings(&s, 0);
}

void sem_SCAS(struct x86_cpu *c, const struct x86_insn *in)
{
    struct str s = str_begin(c, in, USE_DI);

    compare_strings(&s, gpr_read(c, X86_RAX, s.size));
}
