/* Callback stubs for an AArch64 host (see arch.h). x16 and x17 are free between caller and callee (AAPCS64 6.1.1). */
#define COUNT 2048
    .text
    .globl br_stub_base, br_stub_end, br_stub_common
    .type br_stub_common, %function
    .p2align 4
br_stub_base:
    .set index, 0
    .rept COUNT
    movz w16, #index
    b br_stub_common
    .set index, index + 1
    .endr
br_stub_end:
br_stub_common:
    mrs x17, tpidr_el0
    add x17, x17, #:tprel_hi12:br_slot_index, lsl #12
    add x17, x17, #:tprel_lo12_nc:br_slot_index
    str w16, [x17]
    adrp x17, br_slot_table
    ldr x17, [x17, #:lo12:br_slot_table]
    add x17, x17, x16, lsl #5
    ldr x16, [x17]
    br x16
    .size br_stub_common, . - br_stub_common
    .section .note.GNU-stack, "", %progbits
