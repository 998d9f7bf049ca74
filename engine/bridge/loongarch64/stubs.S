/* Callback stubs for a LoongArch64 host (see arch.h). t0 ($r12) and t1 ($r13) carry no arguments. */
#define COUNT 2048
    .text
    .globl br_stub_base, br_stub_end, br_stub_common
    .type br_stub_common, @function
    .p2align 4
br_stub_base:
    .set index, 0
    .rept COUNT
    ori $r12, $r0, index
    b br_stub_common
    .set index, index + 1
    .endr
br_stub_end:
br_stub_common:
    lu12i.w $r13, %le_hi20(br_slot_index)
    ori $r13, $r13, %le_lo12(br_slot_index)
    stx.w $r12, $r13, $r2
    pcalau12i $r13, %pc_hi20(br_slot_table)
    ld.d $r13, $r13, %pc_lo12(br_slot_table)
    slli.d $r12, $r12, 5
    ldx.d $r13, $r13, $r12
    jirl $r0, $r13, 0
    .size br_stub_common, . - br_stub_common
    .section .note.GNU-stack, "", @progbits
