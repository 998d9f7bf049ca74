/*
 * unwind.c - call frame information for the guest's unwinders (libgcc_s, libunwind), so that C++
 * exceptions and backtraces pass from a callback through native frames into the guest code that
 * called the native function.
 *
 * A callback made from inside a wrapped call returns to the bridge br_return_bridge. br_frame_begin
 * has put the registers of that wrapped call's caller into a record on the guest's stack
 * (enum br_record) and the record's address into RBX, which the unwinder carries back to this
 * bridge. The rules below read the record. The personality routine, a bridge too, drops the host
 * frames of the native code before the guest's clean-ups further out run, as longjmp does; native
 * clean-ups are not run. Used by call.c and the libc wrappers.
 */
#include <string.h>

#include "base/log.h"
#include "bridge/slots.h"
#include "bridge/thunk.h"
#include "bridge/unwind.h"
#include "interp/interp.h"

enum { /* DWARF 5, 7.4, 7.7.1, 7.24; LSB Core, 10.5 and 10.6 */
       DW_OP_DEREF = 0x06,
       DW_OP_PLUS_UCONST = 0x23,
       DW_OP_BREG0 = 0x70,
       DW_CFA_EXPRESSION = 0x10,
       DW_CFA_DEF_CFA_EXPRESSION = 0x0f,
       DW_CFA_OFFSET = 0x80,
       DW_EH_PE_ABSPTR = 0,
       DW_EH_PE_OMIT = 0xff,
};
enum { REG_RBX = 3, REG_RA = 16 }; /* DWARF's numbers for x86-64 */
enum { UA_CLEANUP_PHASE = 2, URC_CONTINUE_UNWIND = 8 };

struct out {
    u8 bytes[256];
    unsigned n;
};

static struct {
    u8 head[16]; /* .eh_frame_hdr without a search table */
    struct out frame;
} info __attribute__((aligned(16)));

static gaddr return_bridge;

static void put(struct out *o, const void *bytes, unsigned n)
{
    ASSERT(o->n + n <= sizeof o->bytes);
    memcpy(o->bytes + o->n, bytes, n);
    o->n += n;
}

static void put_u8(struct out *o, unsigned v)
{
    u8 b = (u8)v;
    put(o, &b, 1);
}

static void put_u32(struct out *o, u32 v)
{
    put(o, &v, 4);
}

static void put_u64(struct out *o, u64 v)
{
    put(o, &v, 8);
}

/* The record's length word is known when the end is. */
static void end_record(struct out *o, unsigned start)
{
    u32 size;

    while (o->n % 8)
        put_u8(o, 0); /* DW_CFA_nop */
    size = o->n - start - 4;
    memcpy(o->bytes + start, &size, 4);
}

static void put_rules(struct out *o)
{
    static const u8 reg[6] = {REG_RBX, 6, 12, 13, 14, 15}; /* RBX RBP R12-R15 */

    /* CFA = the RSP at the bridge of the wrapped function, which points to the return address. */
    put_u8(o, DW_CFA_DEF_CFA_EXPRESSION);
    put_u8(o, 5);
    put_u8(o, DW_OP_BREG0 + REG_RBX);
    put_u8(o, BR_RECORD_RSP);
    put_u8(o, DW_OP_DEREF);
    put_u8(o, DW_OP_PLUS_UCONST);
    put_u8(o, 8);
    put_u8(o, DW_CFA_OFFSET | REG_RA);
    put_u8(o, 1);
    for (unsigned i = 0; i < 6; i++) {
        put_u8(o, DW_CFA_EXPRESSION);
        put_u8(o, reg[i]);
        put_u8(o, 2);
        put_u8(o, DW_OP_BREG0 + REG_RBX);
        put_u8(o, BR_RECORD_SAVED + 8 * i);
    }
}

/* _Unwind_Personality_Fn(int version, int actions, u64 class, exception, context) */
static void personality(struct x86_cpu *c, void *fn)
{
    unsigned depth = interp_depth(c);
    u32 actions = (u32)br_int(c, 1);

    (void)fn;
    br_ret(c, URC_CONTINUE_UNWIND);
    if (!(actions & UA_CLEANUP_PHASE) || depth < 2)
        return;
    c->rip = ld_u64(g2h(c->gpr[BR_RSP]));
    c->gpr[BR_RSP] += 8;
    br_unwind(c, depth - 1);
}

static void put_frame(struct out *o)
{
    unsigned start = o->n;

    put_u32(o, 0);
    put_u32(o, 0); /* CIE */
    put_u8(o, 1);
    put(o, "zPR", 4);
    put_u8(o, 1);      /* code alignment */
    put_u8(o, 0x78);   /* data alignment -8 */
    put_u8(o, REG_RA); /* return address */
    put_u8(o, 10);
    put_u8(o, DW_EH_PE_ABSPTR);
    put_u64(o, br_bridge(personality, NULL, "(personality of native code)"));
    put_u8(o, DW_EH_PE_ABSPTR);
    put_rules(o);
    end_record(o, start);

    start = o->n;
    put_u32(o, 0);
    put_u32(o, o->n);              /* FDE: distance to the CIE */
    put_u64(o, return_bridge - 1); /* unwinders look for the call before a return address */
    put_u64(o, 2);
    put_u8(o, 0);
    end_record(o, start);
    put_u32(o, 0);
}

void br_unwind_init(gaddr bridge)
{
    u64 frame = h2g(info.frame.bytes);

    return_bridge = bridge;
    put_frame(&info.frame);
    info.head[0] = 1;
    info.head[1] = DW_EH_PE_ABSPTR;
    info.head[2] = DW_EH_PE_OMIT;
    info.head[3] = DW_EH_PE_OMIT;
    memcpy(info.head + 4, &frame, 8);
}

gaddr br_return_bridge(void)
{
    return return_bridge;
}

gaddr br_unwind_header(void)
{
    return h2g(info.head);
}
