/* Callback stubs for an x86-64 host (see arch.h). r10 and r11 are free at a function's entry (psABI 3.2.1). */
#define COUNT 2048
    .text
    .globl br_stub_base, br_stub_end, br_stub_common
    .type br_stub_common, @function
    .p2align 4
br_stub_base:
    .set index, 0
    .rept COUNT
    .p2align 4
    movl $index, %r11d
    jmp br_stub_common
    .set index, index + 1
    .endr
    .p2align 4
br_stub_end:
br_stub_common:
    movq br_slot_index@gottpoff(%rip), %r10
    movl %r11d, %fs:(%r10)
    shlq $5, %r11
    addq br_slot_table(%rip), %r11
    jmp *(%r11)
    .size br_stub_common, . - br_stub_common
    .section .note.GNU-stack, "", @progbits
