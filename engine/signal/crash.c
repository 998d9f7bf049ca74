/*
 * crash.c - the report printed before a signal ends the guest: registers, bytes at rip, backtrace.
 * The backtrace follows the rbp chain while it makes sense, then looks for return addresses on the
 * stack: an address in executable guest memory with a CALL right before it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "mem/mem.h"
#include "signal/internal.h"
#include "x86/flags.h"

#define MAX_FRAMES 32
#define SCAN_WORDS 512

int (*sig_symbolise)(gaddr a, char *buf, size_t size);

/* Module and place in it; "" when no file is there. */
static void place_of(gaddr a, char *buf, size_t size)
{
    struct mem_region r;

    buf[0] = 0;
    if (sig_symbolise && sig_symbolise(a, buf, size) > 0)
        return;
    if (mem_query(a, &r) && r.path)
        snprintf(buf, size, "%s+%#llx", r.path, (unsigned long long)(a - r.start + r.offset));
}

static void print_addr(const char *what, gaddr a)
{
    char place[256];

    place_of(a, place, sizeof place);
    log_error("  %s %016llx%s%s", what, (unsigned long long)a, place[0] ? " " : "", place);
}

static bool executable(gaddr a)
{
    struct mem_region r;

    return mem_query(a, &r) && (r.prot & PROT_EXEC);
}

/* CALL rel32, CALL r/m in the forms compilers use: e8 id; ff /2 of 2, 3, 6 and 7 bytes. */
static bool after_call(gaddr ret)
{
    u8 b[7];

    if (!sig_read(b, ret - 7, sizeof b))
        return false;
    if (b[2] == 0xe8)
        return true;
    for (unsigned i = 0; i < 6; i++)
        if (b[i] == 0xff && ((b[i + 1] >> 3) & 7) == 2)
            return true;
    return false;
}

void sig_backtrace(struct x86_cpu *c)
{
    gaddr rbp = c->gpr[X86_RBP], sp = c->gpr[X86_RSP], pair[2];
    unsigned n = 0;

    /* A function that has set up no frame yet, or needs none: its return address is on top of the
     * stack. */
    if (sig_read(pair, sp, 8) && executable(pair[0]) && after_call(pair[0])) {
        print_addr("frame", pair[0]);
        sp += 8;
        n++;
    }
    while (n < MAX_FRAMES && rbp >= sp && !(rbp & 7) && sig_read(pair, rbp, sizeof pair) &&
           executable(pair[1]) && after_call(pair[1])) {
        print_addr("frame", pair[1]);
        n++;
        if (pair[0] <= rbp)
            return;
        sp = rbp + 16;
        rbp = pair[0];
    }
    for (unsigned i = 0; i < SCAN_WORDS && n < MAX_FRAMES; i++) {
        u64 word;

        if (!sig_read(&word, sp + 8 * i, 8))
            return;
        if (executable(word) && after_call(word)) {
            print_addr("maybe", word);
            n++;
        }
    }
}

#define CODE_BYTES 16

/* The bytes at rip, as many as can be read. */
static void code_text(gaddr rip, char text[3 * CODE_BYTES + 1])
{
    u8 b[CODE_BYTES];
    size_t n = sizeof b;

    text[0] = 0;
    while (n && !sig_read(b, rip, n))
        n--;
    for (size_t i = 0; i < n; i++)
        snprintf(text + 3 * i, 4, " %02x", b[i]);
}

void sig_report_illegal(struct x86_cpu *c)
{
    char place[256], code[3 * CODE_BYTES + 1];

    place_of(c->rip, place, sizeof place);
    code_text(c->rip, code);
    log_error("illegal or unknown instruction at %#llx, %s:%s", (unsigned long long)c->rip,
              place[0] ? place : "in no file", code);
}

void sig_crash_report(struct x86_cpu *c, int sig, const struct sig_info *info)
{
    static const char names[16][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    const u64 *g = c->gpr;
    char code[3 * CODE_BYTES + 1];

    log_error("%s (code %d, address %#llx) ends thread %d", sig_name(sig), info->code,
              (unsigned long long)info->addr, ((struct thr *)c->owner)->tid);
    for (unsigned i = 0; i < 16; i += 4)
        log_error("  %3s %016llx  %3s %016llx  %3s %016llx  %3s %016llx", names[i],
                  (unsigned long long)g[i], names[i + 1], (unsigned long long)g[i + 1],
                  names[i + 2], (unsigned long long)g[i + 2], names[i + 3],
                  (unsigned long long)g[i + 3]);
    log_error("  flags %08x  fs %016llx  gs %016llx", x86_flags_get(c),
              (unsigned long long)c->seg_base[X86_FS], (unsigned long long)c->seg_base[X86_GS]);
    print_addr("rip  ", c->rip);
    code_text(c->rip, code);
    log_error("  code at rip:%s", code);
    sig_backtrace(c);
}
