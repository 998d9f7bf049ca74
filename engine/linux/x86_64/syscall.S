/*
 * syscall.S (x86_64) - the host's system call.
 * host_syscall(nr, a0..a5); host_syscall_safe(&pending, nr, a0..a5): not made when *pending is set. A signal handler that
 * finds the pc in [host_syscall_safe_start, host_syscall_safe_insn] moves it to host_syscall_safe_again: result -512.
 */
    .text
    .globl host_syscall
    .type host_syscall, @function
host_syscall:
    .cfi_startproc
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    movq 8(%rsp), %r9
    syscall
    ret
    .cfi_endproc
    .size host_syscall, . - host_syscall

    .globl host_syscall_safe
    .type host_syscall_safe, @function
host_syscall_safe:
    .cfi_startproc
    movq %rdi, %r11
    movq %rsi, %rax
    movq %rdx, %rdi
    movq %rcx, %rsi
    movq %r8, %rdx
    movq %r9, %r10
    movq 8(%rsp), %r8
    movq 16(%rsp), %r9
    .globl host_syscall_safe_start
host_syscall_safe_start:
    cmpl $0, (%r11)
    jne host_syscall_safe_again
    .globl host_syscall_safe_insn
host_syscall_safe_insn:
    syscall
    ret
    .globl host_syscall_safe_again
host_syscall_safe_again:
    movq $-512, %rax
    ret
    .cfi_endproc
    .size host_syscall_safe, . - host_syscall_safe
    .section .note.GNU-stack, "", @progbits
