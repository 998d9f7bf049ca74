/* syscall.S (loongarch64) - the host's system call; see engine/linux/x86_64/syscall.S for the contract. */
    .text
    .globl host_syscall
    .type host_syscall, @function
host_syscall:
    .cfi_startproc
    move $t0, $a0
    move $a0, $a1
    move $a1, $a2
    move $a2, $a3
    move $a3, $a4
    move $a4, $a5
    move $a5, $a6
    move $a7, $t0
    syscall 0
    ret
    .cfi_endproc
    .size host_syscall, . - host_syscall

    .globl host_syscall_safe
    .type host_syscall_safe, @function
host_syscall_safe:
    .cfi_startproc
    move $t1, $a0
    move $t0, $a1
    move $a0, $a2
    move $a1, $a3
    move $a2, $a4
    move $a3, $a5
    move $a4, $a6
    move $a5, $a7
    move $a7, $t0
    .globl host_syscall_safe_start
host_syscall_safe_start:
    ld.w $t0, $t1, 0
    bnez $t0, host_syscall_safe_again
    .globl host_syscall_safe_insn
host_syscall_safe_insn:
    syscall 0
    ret
    .globl host_syscall_safe_again
host_syscall_safe_again:
    li.w $a0, -512
    ret
    .cfi_endproc
    .size host_syscall_safe, . - host_syscall_safe
    .section .note.GNU-stack, "", @progbits
