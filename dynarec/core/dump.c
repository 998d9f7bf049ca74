/*
 * dump.c - BOX64_DYNAREC_DUMP: each translated region, x86 text and host words side by side.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "config/config.h"
#include "dynarec/core/region.h"
#include "x86/format.h"

static void words(const struct tr *t, u32 from, u32 to)
{
    for (u32 i = from; i < to; i++)
        trace_print("        .inst 0x%08x", t->code[i]);
}

void dyn_dump(const struct tr *t)
{
    u32 at = 0;

    if (!cfg.dynarec_dump)
        return;
    trace_print("region %llx blocks %u insns %u words %u fallbacks %u",
                (unsigned long long)t->entry, t->nblk, t->nins, t->n, t->nfallback);
    for (u32 i = 0; i < t->nblk; i++) {
        const struct tr_block *b = &t->blk[i];

        for (u32 k = 0; k < b->n; k++) {
            const struct tr_insn *ti = &t->ins[b->first + k];
            char text[X86_FORMAT_MAX];

            words(t, at, ti->at);
            at = ti->at;
            x86_format(text, sizeof text, &ti->in, ti->pc);
            trace_print("  %llx %s need %x%s", (unsigned long long)ti->pc, text, ti->need,
                        k         ? ""
                        : b->head ? " loop"
                                  : " block");
        }
    }
    words(t, at, t->n);
}
