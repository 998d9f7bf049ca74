/*
 * context.c (aarch64) - what the host's signal frame says. Sources: Linux asm/sigcontext.h
 * (esr_context); Arm ARM D17 (ESR_ELx: EC, WnR) and C4.1 (loads and stores), for kernels and
 * emulators that give no ESR record.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"
#include "signal/internal.h"

#define ESR_RECORD 0x45535201u
#define EC_DATA_ABORT_LOWER 0x24
#define EC_DATA_ABORT 0x25
#define ESR_WNR (1u << 6)
#define SA_EXPOSE_TAGS                                                                             \
    0x800u /* si_addr keeps the top byte: it tells a non-canonical x86 address (kernels            \
              before 5.11 ignore it) */

struct host_sigaction {
    u64 handler, flags, restorer, mask;
};

u64 sig_host_pc(const ucontext_t *uc)
{
    return uc->uc_mcontext.pc;
}

void sig_host_set_pc(ucontext_t *uc, u64 pc)
{
    uc->uc_mcontext.pc = pc;
}

/* Loads that do not write: everything else that faulted on data counts as a write. */
static bool insn_is_load(u32 w)
{
    if ((w & 0x3b000000) == 0x18000000) /* literal */
        return true;
    if ((w & 0x3a000000) == 0x28000000) /* LDP/STP: L is bit 22 */
        return w & (1u << 22);
    if ((w & 0x3b200c00) == 0x38200000) /* LSE atomics; LDAPR is the one load */
        return (w & 0x3f20fc00) == 0x3820c000;
    if ((w & 0x3a000000) == 0x38000000) /* register forms: opc; vector: bit 22; STR Q is opc 10 */
        return w & (1u << 26) ? (w & (1u << 22)) != 0 : ((w >> 22) & 3) != 0;
    if ((w & 0x3f000000) == 0x08000000) /* exclusives, acquire/release; CAS writes */
        return (w & (1u << 22)) && !((w & (1u << 21)) && (w & 0x7c00) == 0x7c00);
    if ((w & 0xbe000000) == 0x0c000000) /* vector structures */
        return w & (1u << 22);
    if ((w & 0x3f200c00) == 0x19000000) /* LDAPUR/STLUR */
        return ((w >> 22) & 3) != 0;
    return false;
}

bool sig_host_is_write(const ucontext_t *uc)
{
    const u8 *p = (const u8 *)uc->uc_mcontext.__reserved,
             *end = p + sizeof uc->uc_mcontext.__reserved;

    while (p + 16 <= end && ld_u32(p)) {
        if (ld_u32(p) == ESR_RECORD) {
            u64 esr = ld_u64(p + 8);
            unsigned ec = (esr >> 26) & 0x3f;

            return (ec == EC_DATA_ABORT_LOWER || ec == EC_DATA_ABORT) && (esr & ESR_WNR);
        }
        if (ld_u32(p + 4) < 8)
            break;
        p += ld_u32(p + 4);
    }
    return !insn_is_load(ld_u32((const void *)(uintptr_t)uc->uc_mcontext.pc));
}

int sig_host_action(int sig, u64 handler, u64 flags, u64 mask)
{
    struct host_sigaction a = {handler, flags | SA_EXPOSE_TAGS, 0, mask};

    return syscall(SYS_rt_sigaction, sig, &a, NULL, 8) < 0 ? -errno : 0;
}
