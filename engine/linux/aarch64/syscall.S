/* syscall.S (aarch64) - the host's system call; see engine/linux/x86_64/syscall.S for the contract. */
    .text
    .globl host_syscall
    .type host_syscall, %function
host_syscall:
    .cfi_startproc
    mov x8, x0
    mov x0, x1
    mov x1, x2
    mov x2, x3
    mov x3, x4
    mov x4, x5
    mov x5, x6
    svc 0
    ret
    .cfi_endproc
    .size host_syscall, . - host_syscall

    .globl host_syscall_safe
    .type host_syscall_safe, %function
host_syscall_safe:
    .cfi_startproc
    mov x9, x0
    mov x8, x1
    mov x0, x2
    mov x1, x3
    mov x2, x4
    mov x3, x5
    mov x4, x6
    mov x5, x7
    .globl host_syscall_safe_start
host_syscall_safe_start:
    ldr w10, [x9]
    cbnz w10, host_syscall_safe_again
    .globl host_syscall_safe_insn
host_syscall_safe_insn:
    svc 0
    ret
    .globl host_syscall_safe_again
host_syscall_safe_again:
    mov x0, #-512
    ret
    .cfi_endproc
    .size host_syscall_safe, . - host_syscall_safe
    .section .note.GNU-stack, "", %progbits
