/*
 * x80.S - 80-bit arithmetic for translated code; x80.h has the contract. Each routine keeps NZCV in
 * x17 while it works, so the caller's x17 is lost on the way in: callers reach it through x17.
 */
#include "dynarec/arm64/x80.h"

    .text
    .globl  dyn_x80_begin
    .hidden dyn_x80_begin
dyn_x80_begin:

    .macro  ROUTINE name
    .globl  \name
    .hidden \name
    .type   \name, %function
    .p2align 4
\name:
    .endm

    /* \rc = rounding control. */
    .macro  RC      rc
    ldrh    \rc, [x28, #X80_CW]
    ubfx    \rc, \rc, #10, #2
    .endm

    /* w15 = 1 if \m with the fraction \f, which is not zero, is rounded up in magnitude: \sign is 0
       or 1; x\t is lost. */
    .macro  UP      m, f, rc, sign, t
    cbz     \rc, 91f
    eor     w15, \sign, \rc, lsr #1
    cmp     \rc, #3
    csel    w15, wzr, w15, eq
    b       92f
91: and     x15, \m, #1
    mov     x\t, #0x7fffffffffffffff
    add     x15, x15, x\t
    cmn     \f, x15
    cset    w15, cs
92:
    .endm

    /* \e = exponent of \se; to \else unless the number is normal; w15 is lost. */
    .macro  NORMAL e, m, se, else
    and     \e, \se, #0x7fff
    add     w15, \e, #1
    tst     w15, #0x7ffe
    b.eq    \else
    tbz     \m, #63, \else
    .endm

    /* Start of a product or quotient: w7 = its sign; w6 and w12 = the exponents of a and b. */
    .macro  FACTORS a_else, b_else
    mrs     x17, nzcv
    eor     w7, w12, w14
    and     w7, w7, #0x8000
    NORMAL  w6, x11, w12, \a_else
    NORMAL  w12, x13, w14, \b_else
    .endm

slow:
    msr     nzcv, x17
    mov     w15, #1
    ret

    /* Zero with sign w7. */
zero:
    mov     x11, #0
    mov     w12, w7
exact:
    ldrh    w16, [x28, #X80_SW]
    bfi     w16, wzr, #9, #1
    strh    w16, [x28, #X80_SW]
done:
    msr     nzcv, x17
    mov     w15, #0
    ret

    /* a is the result, but for its precision. */
precise:
    and     w7, w12, #0x8000
    mov     x15, x11
    mov     x16, #0

    /* x15:x16 with bit 127 set, exponent w6, sign w7: rounds as CW says. */
round:
    mov     w14, #0x7ffd
    sub     w12, w6, #1
    cmp     w12, w14
    b.hs    slow
    ldrh    w14, [x28, #X80_CW]
    ubfx    w14, w14, #8, #4
    cmp     w14, #3
    b.ne    3f
    cbz     x16, 1f
    and     x12, x15, #1
    mov     x14, #0x7fffffffffffffff
    add     x12, x12, x14
    cmn     x16, x12
    cset    w13, cs
    cinc    x11, x15, cs
2:  cmp     x11, #0             /* w13: C1 */
    cinc    w6, w6, eq
    mov     x14, #0x8000000000000000
    csel    x11, x14, x11, eq
    orr     w12, w6, w7
    ldrh    w16, [x28, #X80_SW]
    bfi     w16, w13, #9, #1
    orr     w16, w16, #0x20
    strh    w16, [x28, #X80_SW]
    b       done
1:  mov     x11, x15
    orr     w12, w6, w7
    b       exact
3:  and     w13, w14, #3        /* not to nearest, or to less than 64 bits: w12 fewer */
    lsr     w14, w14, #2
    mov     w12, #0
    cmp     w13, #3
    b.eq    4f
    mov     w12, #11
    cmp     w13, #2
    b.eq    5f
    mov     w12, #40
    cbnz    w13, slow
5:  neg     w13, w12
    lsl     x11, x15, x13
    lsr     x15, x15, x12
    lsl     x13, x16, x13
    lsr     x16, x16, x12
    orr     x16, x16, x11
    cmp     x13, #0
    cset    w13, ne
    orr     x16, x16, x13
4:  lsl     x11, x15, x12
    cbz     x16, 6f
    lsr     w13, w7, #15
    str     x7, [sp, #-16]!
    mov     x11, x15
    UP      x11, x16, w14, w13, 7
    mov     w13, w15
    add     x11, x11, x15
    lsl     x11, x11, x12
    ldr     x7, [sp], #16
    b       2b
6:  orr     w12, w6, w7
    b       exact

    ROUTINE dyn_x80_sub
    eor     w14, w14, #0x8000
    ROUTINE dyn_x80_add
    mrs     x17, nzcv
    and     w7, w14, #0x7fff
    NORMAL  w6, x11, w12, add_odd
    NORMAL  w7, x13, w14, add_odd
    cmp     w6, w7
    b.hi    2f
    b.lo    1f
    cmp     x11, x13
    b.hs    2f
1:  mov     x15, x11            /* the larger one first */
    mov     x11, x13
    mov     x13, x15
    mov     w15, w12
    mov     w12, w14
    mov     w14, w15
    mov     w15, w6
    mov     w6, w7
    mov     w7, w15
2:  sub     w7, w6, w7
    eor     w15, w12, w14
    and     w14, w12, #0x8000
    cmp     w7, #64
    b.hs    5f
    lsr     x12, x13, x7        /* b as x12:x13 */
    neg     w16, w7
    lsl     x13, x13, x16
    cmp     w7, #0
    csel    x13, xzr, x13, eq
3:  mov     w7, w14
    tbnz    w15, #15, 6f
    adds    x15, x11, x12
    mov     x16, x13
    b.cc    round
    and     x12, x16, #1
    extr    x16, x15, x16, #1
    orr     x16, x16, x12
    lsr     x15, x15, #1
    orr     x15, x15, #0x8000000000000000
    add     w6, w6, #1
    b       round
5:  sub     w16, w7, #64        /* far below: lowest bit sticky */
    cmp     w16, #63
    b.hi    4f
    lsr     x12, x13, x16
    neg     w7, w16
    lsl     x7, x13, x7
    cmp     w16, #0
    csel    x7, xzr, x7, eq
    cmp     x7, #0
    cset    w7, ne
    orr     x13, x12, x7
    mov     x12, #0
    b       3b
4:  mov     x12, #0
    mov     x13, #1
    b       3b
6:  negs    x16, x13
    sbc     x15, x11, x12
    cbnz    x15, 7f
    cbz     x16, 8f
    mov     x15, x16
    mov     x16, #0
    sub     w6, w6, #64
7:  tbnz    x15, #63, round
    clz     x12, x15
    sub     w6, w6, w12
    neg     w13, w12
    lsl     x15, x15, x12
    lsr     x13, x16, x13
    orr     x15, x15, x13
    lsl     x16, x16, x12
    b       round
8:  RC      w7
    cmp     w7, #1              /* down: -0 */
    cset    w7, eq
    lsl     w7, w7, #15
    b       zero
add_odd:                        /* one is zero, the other normal */
    and     w7, w14, #0x7fff
    and     w6, w12, #0x7fff
    orr     x15, x13, x7
    cbnz    x15, 9f
    NORMAL  w6, x11, w12, slow
    b       precise
9:  orr     x15, x11, x6
    cbnz    x15, slow
    NORMAL  w6, x13, w14, slow
    mov     x11, x13
    mov     w12, w14
    b       precise

    ROUTINE dyn_x80_mul
    FACTORS mul_odd, mul_odd2
    add     w6, w6, w12
    umulh   x15, x11, x13
    mul     x16, x11, x13
    tbnz    x15, #63, 1f
    extr    x15, x15, x16, #63
    lsl     x16, x16, #1
    sub     w6, w6, #1
1:  mov     w12, #16382
    sub     w6, w6, w12
    b       round
mul_odd:                        /* zero times normal or zero */
    orr     x15, x11, x6
    cbnz    x15, slow
    and     w6, w14, #0x7fff
    orr     x15, x13, x6
    cbz     x15, zero
    NORMAL  w6, x13, w14, slow
    b       zero
mul_odd2:
    orr     x15, x13, x12
    cbnz    x15, slow
    b       zero

    /* Two digits of 32 bits by Knuth's algorithm D: x11:x12<<32 by x13. */
    ROUTINE dyn_x80_div
    FACTORS div_odd, slow
    sub     w6, w6, w12
    mov     w12, #16383
    add     w6, w6, w12
    cmp     x11, x13
    b.lo    1f
    ubfiz   x12, x11, #31, #1
    lsr     x11, x11, #1
    b       2f
1:  mov     x12, #0
    sub     w6, w6, #1
2:  bfi     x6, x7, #32, #16
    str     x17, [sp, #-16]!
    lsr     x14, x13, #32
    udiv    x15, x11, x14
    msub    x16, x15, x14, x11
3:  lsr     x17, x15, #32
    cbnz    x17, 4f
    umull   x17, w15, w13
    orr     x7, x12, x16, lsl #32
    cmp     x17, x7
    b.ls    5f
4:  sub     x15, x15, #1
    add     x16, x16, x14
    lsr     x17, x16, #32
    cbz     x17, 3b
5:  orr     x7, x12, x11, lsl #32
    msub    x11, x15, x13, x7
    lsl     x12, x15, #32
    udiv    x15, x11, x14
    msub    x16, x15, x14, x11
6:  lsr     x17, x15, #32
    cbnz    x17, 7f
    umull   x17, w15, w13
    lsl     x7, x16, #32
    cmp     x17, x7
    b.ls    8f
7:  sub     x15, x15, #1
    add     x16, x16, x14
    lsr     x17, x16, #32
    cbz     x17, 6b
8:  lsl     x7, x11, #32
    msub    x11, x15, x13, x7   /* the remainder: below, at or above half of the divisor */
    add     x15, x15, x12
    mov     x16, #0
    cbz     x11, 9f
    sub     x7, x13, x11
    cmp     x11, x7
    mov     x16, #1
    b.lo    9f
    mov     x16, #0x8000000000000000
    b.eq    9f
    orr     x16, x16, #1
9:  ldr     x17, [sp], #16
    ubfx    x7, x6, #32, #16
    b       round
div_odd:                        /* zero by normal */
    orr     x15, x11, x6
    cbnz    x15, slow
    NORMAL  w6, x13, w14, slow
    b       zero

    /* To slow unless normal or zero. */
    .macro  NUMBER e, xe, m, se
    and     \e, \se, #0x7fff
    add     w15, \e, #1
    tst     w15, #0x7ffe
    b.ne    1f
    orr     x15, \m, \xe
    cbnz    x15, slow
    b       2f
1:  tbz     \m, #63, slow
2:
    .endm

    /* w12 = 1 if a < b, 40h if they are equal, else 0. */
    ROUTINE dyn_x80_cmp
    mrs     x17, nzcv
    NUMBER  w6, x6, x11, w12
    NUMBER  w7, x7, x13, w14
    ubfx    w12, w12, #15, #1
    ubfx    w14, w14, #15, #1
    orr     x15, x11, x13
    cbz     x15, 4f
    cmp     w12, w14
    b.ne    5f
    cmp     w6, w7
    b.ne    3f
    cmp     x11, x13
    b.eq    4f
3:  cset    w15, lo
    eor     w12, w12, w15
    b       5f
4:  mov     w12, #0x40
5:  b       done

    /* b = the double, float, integer in x13. */
    ROUTINE dyn_x80_from_f64
    ubfx    x6, x13, #52, #11
    lsr     x7, x13, #63
    lsl     x11, x13, #11
    cbz     x6, 1f
    sub     w15, w6, #2047
    cbz     w15, 2f
    orr     x13, x11, #0x8000000000000000
    mov     w15, #15360
    b       3f
    ROUTINE dyn_x80_from_f32
    ubfx    x6, x13, #23, #8
    ubfx    x7, x13, #31, #1
    lsl     x11, x13, #41
    cbz     x6, 1f
    sub     w15, w6, #255
    cbz     w15, 2f
    lsr     x11, x11, #1
    orr     x13, x11, #0x8000000000000000
    mov     w15, #16256
    b       3f
1:  cbnz    x11, 2f
    mov     x13, #0
    mov     w15, #0
3:  add     w14, w6, w15
    bfi     w14, w7, #15, #1
    mov     w15, #0
    ret
2:  mov     w15, #1
    ret
    ROUTINE dyn_x80_from_i64
    lsr     x7, x13, #63
    asr     x6, x13, #63
    eor     x13, x13, x6
    sub     x13, x13, x6
    clz     x6, x13
    mov     w14, #16446
    sub     w14, w14, w6
    lsl     x13, x13, x6
    bfi     w14, w7, #15, #1
    cbnz    x13, 1f
    mov     w14, #0
1:  mov     w15, #0
    ret

    /* x13 = a as a double or float, w14 = the status word: bits of its exponent and mantissa, bias between the two. */
    .macro  NARROW  ebits, mbits, bias
    mrs     x17, nzcv
    RC      w16
    ubfx    w7, w12, #15, #1
    and     w6, w12, #0x7fff
    orr     x15, x11, x6
    mov     x13, #0
    cbz     x15, 2f
    tbz     x11, #63, slow
    mov     w15, #\bias
    sub     w6, w6, w15
    sub     w15, w6, #1
    cmp     w15, #((1 << \ebits) - 3)
    b.hs    slow
    lsr     x13, x11, #(63 - \mbits)
    lsl     x11, x11, #(\mbits + 1)
    cbz     x11, 1f
    UP      x13, x11, w16, w7, 14
    add     x13, x13, x15
    ldrh    w16, [x28, #X80_SW]
    bfi     w16, w15, #9, #1
    orr     w16, w16, #0x20
    sub     w6, w6, #1          /* the leading one is still there, and may have moved up */
    add     x13, x13, x6, lsl #\mbits
    b       3f
1:  sub     w6, w6, #1
    add     x13, x13, x6, lsl #\mbits
2:  ldrh    w16, [x28, #X80_SW]
    bfi     w16, wzr, #9, #1
3:  mov     w14, w16
    ubfx    w12, w12, #15, #1
    orr     x13, x13, x12, lsl #(\ebits + \mbits)
    b       done
    .endm

    ROUTINE dyn_x80_to_f64
    NARROW  11, 52, 15360
    ROUTINE dyn_x80_to_f32
    NARROW  8, 23, 16256

    /* x13 = a as an integer of 64 bits, rounded as CW says, or toward zero; w14 = the status word. */
    ROUTINE dyn_x80_to_i64
    mrs     x17, nzcv
    RC      w16
    b       to_int
    ROUTINE dyn_x80_to_i64z
    mrs     x17, nzcv
    mov     w16, #3
to_int:
    and     w6, w12, #0x7fff
    orr     x15, x11, x6
    mov     x13, #0
    cbz     x15, 3f
    tbz     x11, #63, slow
    mov     w15, #16446
    subs    w6, w15, w6
    b.ls    slow                /* 2^63 and up, NaNs */
    cmp     w6, #64
    b.hi    1f
    b.eq    2f
    lsr     x13, x11, x6        /* x13:x14 */
    neg     w15, w6
    lsl     x14, x11, x15
    b       4f
1:  mov     x14, #1             /* far below a half */
    b       4f
2:  mov     x14, x11
4:  cbz     x14, 3f
    ubfx    w6, w12, #15, #1
    UP      x13, x14, w16, w6, 7
    add     x13, x13, x15
    tbnz    x13, #63, slow
    ldrh    w16, [x28, #X80_SW]
    bfi     w16, w15, #9, #1
    orr     w16, w16, #0x20
    b       6f
3:  ldrh    w16, [x28, #X80_SW]
    bfi     w16, wzr, #9, #1
6:  mov     w14, w16
    tbz     w12, #15, done
    neg     x13, x13
    b       done

    /* a rounded to an integer as CW says. */
    ROUTINE dyn_x80_rint
    mrs     x17, nzcv
    NUMBER  w6, x6, x11, w12
    mov     w15, #16446
    subs    w7, w15, w6
    b.ls    exact
    cbz     w6, exact
    RC      w16
    cmp     w7, #64
    b.hi    1f
    b.eq    3f
    lsr     x13, x11, x7        /* x13:x14 */
    neg     w15, w7
    lsl     x14, x11, x15
    cbz     x14, exact
    b       4f
1:  mov     x14, #1             /* far below a half */
    mov     x13, #0
    b       4f
3:  mov     x14, x11
    mov     x13, #0
4:  ubfx    w7, w12, #15, #1
    UP      x13, x14, w16, w7, 6
    adds    x11, x13, x15
    and     w12, w12, #0x8000
    mov     w6, #0
    b.eq    5f
    clz     x13, x11
    lsl     x11, x11, x13
    mov     w6, #16446
    sub     w6, w6, w13
5:  orr     w12, w12, w6
    ldrh    w16, [x28, #X80_SW]
    bfi     w16, w15, #9, #1
    orr     w16, w16, #0x20
    strh    w16, [x28, #X80_SW]
    b       done

    /* The square root of m * 2^63 or 2^64 by the host's of its upper half, put right by one division and steps. */
    ROUTINE dyn_x80_sqrt
    mrs     x17, nzcv
    and     w6, w12, #0x7fff
    orr     x15, x11, x6
    cbz     x15, exact
    tbnz    w12, #15, slow
    NORMAL  w6, x11, w12, slow
    lsr     x13, x11, #1
    lsl     x14, x11, #63
    tst     w6, #1
    csel    x13, x11, x13, eq
    csel    x14, xzr, x14, eq
    mov     w15, #16383
    add     w6, w6, w15
    lsr     w6, w6, #1
    str     q16, [sp, #-16]!
    mrs     x16, fpsr
    ucvtf   d16, x13
    fsqrt   d16, d16
    fcvtzu  x11, d16, #32
    msr     fpsr, x16
    ldr     q16, [sp], #16
    .macro  REMAINDER           /* x15:x16 = x13:x14 - x11^2 */
    mul     x16, x11, x11
    umulh   x15, x11, x11
    subs    x16, x14, x16
    sbc     x15, x13, x15
    .endm
    REMAINDER
    extr    x16, x15, x16, #32
    lsr     x15, x11, #31
    sdiv    x16, x16, x15
    tbnz    x16, #63, 1f
    adds    x11, x11, x16
    csinv   x11, x11, xzr, cc
    b       2f
1:  add     x11, x11, x16
2:  REMAINDER
3:  tbz     x15, #63, 4f        /* too large */
    sub     x11, x11, #1
    adds    x16, x16, x11
    adc     x15, x15, xzr
    adds    x16, x16, x11
    adc     x15, x15, xzr
    adds    x16, x16, #1
    adc     x15, x15, xzr
    b       3b
4:  subs    x12, x16, x11       /* too small */
    sbc     x7, x15, xzr
    subs    x12, x12, x11
    sbc     x7, x7, xzr
    subs    x12, x12, #1
    sbc     x7, x7, xzr
    tbnz    x7, #63, 5f
    mov     x16, x12
    mov     x15, x7
    add     x11, x11, #1
    b       4b
5:  orr     x12, x15, x16       /* above a half: the remainder is above the root */
    cbz     x12, 6f
    mov     x12, #1
    cbnz    x15, 7f
    cmp     x16, x11
    b.ls    6f
7:  mov     x12, #0x8000000000000001
6:  mov     x16, x12
    mov     x15, x11
    mov     w7, #0
    b       round

    .globl  dyn_x80_end
    .hidden dyn_x80_end
dyn_x80_end:

    .section .note.GNU-stack, "", %progbits
