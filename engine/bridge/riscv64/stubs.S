/* Callback stubs for a RV64 host (see arch.h). t0 and t1 carry no arguments. */
#define COUNT 2048
    .option norvc
    .text
    .globl br_stub_base, br_stub_end, br_stub_common
    .type br_stub_common, @function
    .p2align 4
br_stub_base:
    .set index, 0
    .rept COUNT
    addi t0, zero, index
    j br_stub_common
    .set index, index + 1
    .endr
br_stub_end:
br_stub_common:
    lui t1, %tprel_hi(br_slot_index)
    add t1, t1, tp, %tprel_add(br_slot_index)
    sw t0, %tprel_lo(br_slot_index)(t1)
    lla t1, br_slot_table
    ld t1, 0(t1)
    slli t0, t0, 5
    add t1, t1, t0
    ld t1, 0(t1)
    jr t1
    .size br_stub_common, . - br_stub_common
    .section .note.GNU-stack, "", @progbits
