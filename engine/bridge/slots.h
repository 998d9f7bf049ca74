/*
 * slots.h - native function pointers for guest functions. One table for all callback types: a slot
 * holds the guest function, and the handler generated for its type, which finds the slot by
 * br_slot_taken() and moves the arguments into the guest. The same (function, type) always gives
 * the same native pointer, and br_slot_guest() leads back. When the static stubs are used up, stubs
 * are made at run time: a caller never gets NULL for a function that is not NULL.
 */
#ifndef BRIDGE_SLOTS_H
#define BRIDGE_SLOTS_H

#include "bridge/arch.h"
#include "bridge/bridge.h"

/* A callback type; generated, one object per `callback` line and distinct signature. */
struct br_cbtype {
    const char *name;
    void *handler;   /* native function of that type; begins with br_slot_taken() */
    br_thunk *thunk; /* calls a native function of that type for the guest */
};

struct br_slot { /* 32 bytes: the stubs scale the index by that */
    void *handler;
    gaddr fn;
    const struct br_cbtype *type;
    void *native;
};
_Static_assert(sizeof(struct br_slot) == 32, "stubs.S");

/* Native pointer for a guest function pointer: NULL for NULL, the function itself for a bridge, a
 * stub otherwise. */
void *br_callback(gaddr fn, const struct br_cbtype *type);
/* The guest function behind a native pointer made by br_callback, 0 if it is none of ours. */
gaddr br_slot_guest(const void *native);
/* The way back from br_callback, for any native function: as the guest may call it, compare it with
 * NULL and hand it over again. */
gaddr br_guest_function(void *native, const struct br_cbtype *type);
unsigned br_slot_count(void);

/* The slot through which the running handler was entered. First thing in a handler. */
ALWAYS_INLINE const struct br_slot *br_slot_taken(void)
{
    return &br_slot_table[br_slot_index];
}

/* One call into the guest: begin, fill argument registers of f->c and stack words at f->args, run,
 * read the result, end. */
struct br_frame {
    struct x86_cpu *c;
    gaddr args; /* first stack argument */
    const struct x86_insn *cur;
    u64 gpr[17];
    u64 rip;
    u32 slot_index;
    u64 native; /* of sig_native_suspend: signals wait from begin to end */
    int round;  /* the host's rounding mode, where it was not to nearest */
};
/* Set by the libc wrappers: gives a native library's thread its guest TLS before it first runs
 * guest code. May be NULL. */
extern void (*br_adopted)(struct thr *t);
void br_frame_begin(struct br_frame *f, gaddr fn, unsigned stack_bytes);
void br_frame_run(struct br_frame *f);
void br_frame_end(struct br_frame *f);

#endif
