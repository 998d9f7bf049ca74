/*
 * print.c - a case as assembler source: the bytes, their text, and the input state as comments and
 * data, enough to repeat it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tcase.h"
#include "x86/decode_tab.h"
#include "x86/format.h"

struct out {
    char *p;
    size_t room;
};

static void __attribute__((format(printf, 2, 3))) say(struct out *o, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(o->p, o->room, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < o->room) {
        o->p += n;
        o->room -= (size_t)n;
    }
}

static void print_code(struct out *o, const struct tcase *t)
{
    unsigned end;

    for (unsigned i = 0; i < t->n; i++) {
        char text[X86_FORMAT_MAX];

        end = t->insn_off[i] + t->insn[i].len;
        x86_format(text, sizeof text, &t->insn[i], tc_start(t) + t->insn_off[i]);
        say(o, "    .byte ");
        for (unsigned k = t->insn_off[i]; k < end; k++)
            say(o, "%s0x%02x", k > t->insn_off[i] ? ", " : "", t->code[k]);
        say(o, "  # %s   [%s]\n", text, x86_row_where[t->insn[i].row]);
    }
    if (t->loops)
        say(o, "    subl $1, 0x%llx; jnz start  # %u times\n", (unsigned long long)TC_COUNTER,
            t->loops);
}

static void print_regs(struct out *o, const struct tstate *s)
{
    static const char names[16][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

    for (unsigned i = 0; i < 16; i++)
        if (s->gpr[i])
            say(o, "  # %s = 0x%llx\n", names[i], (unsigned long long)s->gpr[i]);
    say(o, "  # flags = 0x%x, mxcsr = 0x%x, fs = 0x%llx, gs = 0x%llx\n", s->flags, s->mxcsr,
        (unsigned long long)s->fs_base, (unsigned long long)s->gs_base);
    for (unsigned i = 0; i < 16; i++)
        if (s->vec[i].q[0] | s->vec[i].q[1] | s->vec[i].q[2] | s->vec[i].q[3])
            say(o, "  # ymm%u = %016llx:%016llx:%016llx:%016llx\n", i,
                (unsigned long long)s->vec[i].q[3], (unsigned long long)s->vec[i].q[2],
                (unsigned long long)s->vec[i].q[1], (unsigned long long)s->vec[i].q[0]);
    if (s->fpu.cw != 0x37f || s->fpu.used || s->fpu.sw || s->fpu.top)
        say(o, "  # x87 cw = %04x sw = %04x top = %u tags = %02x\n", s->fpu.cw, s->fpu.sw,
            s->fpu.top, s->fpu.used);
    for (unsigned i = 0; i < 8; i++)
        if (s->fpu.regs[i].m || s->fpu.regs[i].se)
            say(o, "  # fpr%u (st%u) = %04x.%016llx\n", i, (i - s->fpu.top) & 7, s->fpu.regs[i].se,
                (unsigned long long)s->fpu.regs[i].m);
}

void tc_print(const struct tcase *t, char *buf, size_t size)
{
    struct out o = {buf, size};
    unsigned shown = 0;

    say(&o, "  # seed %llu, %u instruction(s), %u-bit mode\nstart:  # 0x%llx\n",
        (unsigned long long)t->seed, t->n, t->mode, (unsigned long long)tc_start(t));
    print_code(&o, t);
    print_regs(&o, &t->in);
    for (unsigned i = 0; i < TC_MEM_SIZE && shown < 12; i += 16) {
        u64 v[2];

        memcpy(v, t->mem + i, 16);
        if (v[0] | v[1]) {
            say(&o, "  # mem %llx: %016llx %016llx\n", (unsigned long long)TC_MEM + i,
                (unsigned long long)v[0], (unsigned long long)v[1]);
            shown++;
        }
    }
}
