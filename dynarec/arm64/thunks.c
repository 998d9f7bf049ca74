/*
 * thunks.c - code at the start of the arena: into and out of translated code, and to x86_sem for
 * one instruction. Written with the encoders so that the offsets of struct x86_cpu stand in one
 * place.
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/core/native.h"

#define CPU(field) ((i64)offsetof(struct x86_cpu, field))
#define FRAME 160 /* x19-x30, d8-d15 */

struct out {
    u32 *rw, *x;
    unsigned n;
};

static void put(struct out *o, u32 word)
{
    o->rw[o->n++] = word;
}

static void host_frame(struct out *o, bool save)
{
    for (unsigned i = 0; i < 6; i++)
        put(o, save ? a64_stp(1, 19 + 2 * i, 20 + 2 * i, R_ZR, 16 * i)
                    : a64_ldp(1, 19 + 2 * i, 20 + 2 * i, R_ZR, 16 * i));
    for (unsigned i = 0; i < 4; i++)
        put(o, save ? a64_stp_v(3, 8 + 2 * i, 9 + 2 * i, R_ZR, 96 + 16 * i)
                    : a64_ldp_v(3, 8 + 2 * i, 9 + 2 * i, R_ZR, 96 + 16 * i));
}

/* Guest registers, flags and shadow stack between struct x86_cpu and the host's; x17 is lost. */
static void guest_state(struct out *o, bool save)
{
    for (unsigned i = 0; i < 16; i += 2)
        put(o, save ? a64_stp(1, h_gpr(i), h_gpr(i + 1), R_CPU, CPU(gpr) + 8 * i)
                    : a64_ldp(1, h_gpr(i), h_gpr(i + 1), R_CPU, CPU(gpr) + 8 * i));
    for (unsigned i = 0; i < 16; i++)
        put(o, save ? a64_str_v(4, i, R_CPU, CPU(vec) + 32 * i)
                    : a64_ldr_v(4, i, R_CPU, CPU(vec) + 32 * i));
    if (save) {
        put(o, a64_mrs(R_TARGET, A64_NZCV));
        put(o, a64_str(2, R_TARGET, R_CPU, CPU(jit.nzcv)));
        put(o, a64_str(2, R_PF, R_CPU, CPU(jit.pf)));
        put(o, a64_str(2, R_AF, R_CPU, CPU(jit.af)));
        put(o, a64_str(3, R_SHADOW, R_CPU, CPU(jit.shadow)));
    } else {
        put(o, a64_ldr(2, R_TARGET, R_CPU, CPU(jit.nzcv)));
        put(o, a64_msr(A64_NZCV, R_TARGET));
        put(o, a64_ldr(2, R_PF, R_CPU, CPU(jit.pf)));
        put(o, a64_ldr(2, R_AF, R_CPU, CPU(jit.af)));
        put(o, a64_ldr(3, R_SHADOW, R_CPU, CPU(jit.shadow)));
        put(o, a64_ldr(3, R_TAB, R_CPU, CPU(jit.tab)));
    }
}

/* u32 *enter(struct x86_cpu *c, const u32 *code) */
static void enter(struct out *o)
{
    put(o, a64_sub_imm(1, R_ZR, R_ZR, FRAME, 0));
    host_frame(o, true);
    put(o, a64_mov(1, R_CPU, 0));
    put(o, a64_mov(1, R_SITE, 1));
    guest_state(o, false);
    put(o, a64_br(R_SITE));
}

static void back_to_host(struct out *o)
{
    put(o, a64_mov(1, 0, R_SITE));
    host_frame(o, false);
    put(o, a64_add_imm(1, R_ZR, R_ZR, FRAME, 0));
    put(o, a64_ret(R_LR));
}

static void exits(struct out *o, struct h_thunks *t)
{
    t->exit_miss = o->x + o->n;
    put(o, a64_str(3, R_LR, R_CPU, CPU(jit.link)));
    t->exit = o->x + o->n;
    put(o, a64_movz(1, R_SITE, 0, 0));
    t->exit_link = o->x + o->n;
    put(o, a64_str(3, R_TARGET, R_CPU, CPU(rip)));
    guest_state(o, true);
    back_to_host(o);
}

/* R_SITE: the record. */
static void sem(struct out *o, struct h_thunks *t)
{
    unsigned leave;

    t->sem = o->x + o->n;
    put(o, a64_str(3, R_LR, R_CPU, CPU(jit.link)));
    guest_state(o, true);
    put(o, a64_mov(1, 0, R_CPU));
    put(o, a64_mov(1, 1, R_SITE));
    put(o, a64_ldr(3, R_TARGET, R_CPU, CPU(jit.sem)));
    put(o, a64_blr(R_TARGET));
    put(o, a64_mov(1, R_SITE, 0));
    leave = o->n;
    put(o, a64_cbnz(0, R_SITE, 0));
    guest_state(o, false);
    put(o, a64_ldr(3, R_LR, R_CPU, CPU(jit.link)));
    put(o, a64_ret(R_LR));
    o->rw[leave] = a64_retarget(o->rw[leave], (i64)(o->n - leave) * 4);
    put(o, a64_movz(1, R_SITE, 0, 0));
    back_to_host(o);
}

static void put_address(struct out *o, unsigned reg, u64 a)
{
    put(o, a64_movz(1, reg, (u32)a & 0xffff, 0));
    for (unsigned i = 1; i < 4; i++)
        put(o, a64_movk(1, reg, (u32)(a >> 16 * i) & 0xffff, i));
}

static unsigned later(struct out *o, u32 branch)
{
    put(o, branch);
    return o->n - 1;
}

static void here(struct out *o, unsigned branch)
{
    o->rw[branch] = a64_retarget(o->rw[branch], (i64)(o->n - branch) * 4);
}

static void back_to(struct out *o, unsigned word)
{
    put(o, a64_b(((i64)word - (i64)o->n) * 4));
}

/* The function of the bridge in R_SITE. */
static void call_function(struct out *o)
{
    put(o, a64_ldr(3, R_TARGET, R_SITE, X86_NATIVE_FN));
    put(o, a64_blr(R_TARGET));
}

/* jit.stirred or jit.evicted: native_end() decides. */
static void stirred(struct out *o)
{
    unsigned leave;

    put(o, a64_str(3, R_PF, R_CPU, CPU(jit.link)));
    put(o, a64_str(3, R_SHADOW, R_CPU, CPU(jit.shadow)));
    put(o, a64_sub_imm(1, R_ZR, R_ZR, 32, 0));
    put(o, a64_str(3, 0, R_ZR, 0));
    put(o, a64_str_v(4, 0, R_ZR, 16));
    put(o, a64_add_imm(1, 1, R_ZR, 0, 0));
    put(o, a64_mov(1, 0, R_CPU));
    put_address(o, R_TARGET, (u64)(uintptr_t)native_end);
    put(o, a64_blr(R_TARGET));
    put(o, a64_mov(1, R_SITE, 0));
    put(o, a64_ldr(3, 0, R_ZR, 0));
    put(o, a64_ldr_v(4, 0, R_ZR, 16));
    put(o, a64_add_imm(1, R_ZR, R_ZR, 32, 0));
    leave = later(o, a64_cbnz(0, R_SITE, 0));
    put(o, a64_ldr(3, R_TAB, R_CPU, CPU(jit.tab)));
    put(o, a64_ldr(3, R_SHADOW, R_CPU, CPU(jit.shadow)));
    put(o, a64_ret(R_PF));
    here(o, leave);
    put(o, a64_movz(1, R_SITE, 0, 0));
    back_to_host(o);
}

/*
 * Calls the native function whose bridge is in R_SITE (core/native.c). jit.native is set before
 * jit.pending is looked at: a signal from then on is handled at once, one that came before makes
 * the bridge be left to the interpreter. R_PF holds the way back, where no code that runs meanwhile
 * changes it; jit.link says it to the signal handler.
 */
static void native(struct out *o, struct h_thunks *t)
{
    unsigned pending, control, after, was_stirred, word;

    t->native = o->x + o->n;
    put(o, a64_mov(1, R_PF, R_LR));
    put(o, a64_str(3, R_LR, R_CPU, CPU(jit.link)));
    put(o, a64_stp(1, R_RBX, R_RSP, R_CPU, CPU(gpr) + 8 * X86_RBX));
    put(o, a64_str(3, R_RBP, R_CPU, CPU(gpr) + 8 * X86_RBP));
    put(o, a64_stp(1, R_R12, R_R13, R_CPU, CPU(gpr) + 8 * X86_R12));
    put(o, a64_stp(1, R_R14, R_R15, R_CPU, CPU(gpr) + 8 * X86_R14));
    put(o, a64_str(3, R_SITE, R_CPU, CPU(rip)));
    put(o, a64_str(3, R_SITE, R_CPU, CPU(jit.native)));
    put(o, a64_ldr(2, R_TARGET, R_CPU, CPU(pending)));
    pending = later(o, a64_cbnz(0, R_TARGET, 0));
    put(o, a64_ldr(2, R_TARGET, R_CPU, CPU(jit.fpcr)));
    control = later(o, a64_cbnz(0, R_TARGET, 0));
    call_function(o);
    after = o->n;
    put(o, a64_str(3, R_ZR, R_CPU, CPU(jit.native)));
    put(o, a64_ldr(3, R_TARGET, R_CPU, CPU(jit.stirred)));
    was_stirred = later(o, a64_cbnz(1, R_TARGET, 0));
    put(o, a64_ret(R_PF));

    /* Native code runs with the guest's rounding mode, and nothing else of its control word. */
    here(o, control);
    put(o, a64_ubfx(1, R_TARGET, R_TARGET, 22, 2));
    put(o, a64_lsl_imm(1, R_TARGET, R_TARGET, 22));
    put(o, a64_msr(A64_FPCR, R_TARGET));
    call_function(o);
    put(o, a64_ldr(2, R_TARGET, R_CPU, CPU(jit.fpcr)));
    put(o, a64_msr(A64_FPCR, R_TARGET));
    back_to(o, after);

    here(o, was_stirred);
    stirred(o);

    here(o, pending);
    put(o, a64_str(3, R_ZR, R_CPU, CPU(jit.native)));
    put(o, a64_mov(1, R_TARGET, R_SITE));
    word = (unsigned)(t->exit - o->x);
    back_to(o, word);
}

static u32 *(*enter_code)(struct x86_cpu *c, const u32 *code);

unsigned h_thunks(u32 *rw, u32 *x, struct h_thunks *t)
{
    struct out o = {.rw = rw, .x = x};

    t->enter = x;
    enter(&o);
    exits(&o, t);
    sem(&o, t);
    native(&o, t);
    enter_code = (u32 * (*)(struct x86_cpu *, const u32 *))(uintptr_t)x;
    return o.n;
}

unsigned h_returning(u32 *rw, unsigned value)
{
    rw[0] = a64_movz(0, 0, value, 0);
    rw[1] = a64_ret(R_LR);
    return 2;
}

u32 *h_enter(struct x86_cpu *c, const u32 *code)
{
    return enter_code(c, code);
}

void h_flush(const void *x, size_t size)
{
    __builtin___clear_cache((char *)(uintptr_t)x, (char *)(uintptr_t)x + size);
}

/* ---- routines that are not in the arena: x80.S ---- */

#define X80(name) extern void dyn_x80_##name(void) __attribute__((visibility("hidden")));
X80(add)
X80(sub)
X80(mul)
X80(div)
X80(cmp)
X80(from_f64)
X80(from_f32)
X80(from_i64)
X80(to_f64)
X80(to_f32)
X80(to_i64)
X80(to_i64z)
X80(rint)
X80(sqrt)
#undef X80

void h_x80_init(struct x86_cpu *c)
{
    static void (*const routine[])(void) = {
        [H_X80_ADD] = dyn_x80_add,           [H_X80_SUB] = dyn_x80_sub,
        [H_X80_MUL] = dyn_x80_mul,           [H_X80_DIV] = dyn_x80_div,
        [H_X80_CMP] = dyn_x80_cmp,           [H_X80_FROM_F64] = dyn_x80_from_f64,
        [H_X80_FROM_F32] = dyn_x80_from_f32, [H_X80_FROM_I64] = dyn_x80_from_i64,
        [H_X80_TO_F64] = dyn_x80_to_f64,     [H_X80_TO_F32] = dyn_x80_to_f32,
        [H_X80_TO_I64] = dyn_x80_to_i64,     [H_X80_TO_I64Z] = dyn_x80_to_i64z,
        [H_X80_RINT] = dyn_x80_rint,         [H_X80_SQRT] = dyn_x80_sqrt,
    };

    _Static_assert(sizeof routine == sizeof c->jit.x80, "one place each");
    for (unsigned i = 0; i < sizeof routine / sizeof routine[0]; i++)
        c->jit.x80[i] = (u64)(uintptr_t)routine[i];
}
