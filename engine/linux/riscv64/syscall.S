/* syscall.S (riscv64) - the host's system call; see engine/linux/x86_64/syscall.S for the contract. */
    .text
    .globl host_syscall
    .type host_syscall, @function
host_syscall:
    .cfi_startproc
    mv t0, a0
    mv a0, a1
    mv a1, a2
    mv a2, a3
    mv a3, a4
    mv a4, a5
    mv a5, a6
    mv a7, t0
    ecall
    ret
    .cfi_endproc
    .size host_syscall, . - host_syscall

    .globl host_syscall_safe
    .type host_syscall_safe, @function
host_syscall_safe:
    .cfi_startproc
    mv t1, a0
    mv t0, a1
    mv a0, a2
    mv a1, a3
    mv a2, a4
    mv a3, a5
    mv a4, a6
    mv a5, a7
    mv a7, t0
    .globl host_syscall_safe_start
host_syscall_safe_start:
    lw t0, 0(t1)
    bnez t0, host_syscall_safe_again
    .globl host_syscall_safe_insn
host_syscall_safe_insn:
    ecall
    ret
    .globl host_syscall_safe_again
host_syscall_safe_again:
    li a0, -512
    ret
    .cfi_endproc
    .size host_syscall_safe, . - host_syscall_safe
    .section .note.GNU-stack, "", @progbits
