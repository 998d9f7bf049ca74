/*
 * arch.h - what the host folder supplies to the bridge: <arch>/stubs.S and <arch>/arch.c.
 *
 * stubs.S: BR_STATIC_SLOTS stubs of br_stub_size bytes from br_stub_base on. Stub i stores i to the
 * thread's br_slot_index and jumps to br_slot_table[i].handler with every argument register and the
 * stack as the native caller left them.
 */
#ifndef BRIDGE_ARCH_H
#define BRIDGE_ARCH_H

#include <stdarg.h>

#include "base/types.h"

#define BR_STATIC_SLOTS 2048
#define BR_DYNAMIC_STUB 32 /* bytes of a stub made at run time */

extern const u8 br_stub_base[], br_stub_end[];
void br_stub_common(void);
extern __thread u32 br_slot_index;
extern struct br_slot *br_slot_table;

/* The CPU may show other threads its accesses in an order that x86 does not. */
extern const bool br_arch_weak_order;

/* The version of glibc that this host began with: what programs can no longer be linked to has that
 * one, and dlsym does not find it. */
extern const char br_arch_first_glibc[];

/* Writes a stub for slot `index` to p. */
void br_arch_emit_stub(u8 *p, u32 index);

/* The host's floating-point exception flags: all off; those raised since, as MXCSR has them. */
void br_arch_fp_clear(void);
u32 br_arch_fp_flags(void);

/* A va_list whose arguments are all in memory at `slots` (16-byte aligned, 8 bytes each, long
 * double in aligned pairs). */
void br_arch_va_list(va_list *ap, void *slots);

#endif
