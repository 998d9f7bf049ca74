/*
 * unaligned.c - guest instructions whose ordered or atomic access has met an address that the host
 * takes only for plain accesses. Such an access faults and the interpreter makes it; its
 * instruction is remembered here, its region dies, and the next translation does without the
 * ordered form. Written in signal handlers, read by translators; entries are never taken out.
 */
#include "dynarec/core/unaligned.h"

#define TABLE_BITS 10
#define PROBES 8

static gaddr table[1u << TABLE_BITS];
static bool any; /* it is not empty */

static unsigned slot(gaddr pc, unsigned n)
{
    return (unsigned)((pc * 0x9e3779b97f4a7c15ull >> (64 - TABLE_BITS)) + n) &
           ((1u << TABLE_BITS) - 1);
}

bool dyn_unaligned(gaddr pc)
{
    if (!__atomic_load_n(&any, __ATOMIC_RELAXED))
        return false;
    for (unsigned n = 0; n < PROBES; n++) {
        gaddr at = __atomic_load_n(&table[slot(pc, n)], __ATOMIC_RELAXED);

        if (at == pc)
            return true;
        if (!at)
            return false;
    }
    return false;
}

bool dyn_unaligned_add(gaddr pc)
{
    __atomic_store_n(&any, true, __ATOMIC_RELAXED);
    for (unsigned n = 0; n < PROBES; n++) {
        gaddr none = 0;

        if (__atomic_compare_exchange_n(&table[slot(pc, n)], &none, pc, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
        if (none == pc)
            return false;
    }
    return false;
}
