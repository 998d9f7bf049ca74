/*
 * native.S - enters and leaves a case on the real CPU. Everything is at fixed low addresses (struct
 * native_ctl in native.c), so no register is needed to find it. The control block at TC_CTL:
 *   0x000 in gpr[16]  0x080 in flags  0x088 in fs  0x090 in gs  0x098 start pc
 *   0x100 out gpr[16] 0x180 out flags 0x188 out fs 0x190 out gs 0x198 pad number
 *   0x200 host rsp  0x208 host fs  0x210 host mxcsr  0x218 address of native_tail
 *   0x220 far pointer 0x33:trampoline (32-bit code leaves through it)
 *   0x228 far pointer 0x23:start  0x230 1: 32-bit mode  0x234 1: data segments are not the host's
 *   afterwards  0x1a0 out selectors
 *   0x1000 in XSAVE area  0x2000 out XSAVE area
 */
#define CTL 0x10100000

    .text
    .globl native_enter
    .type native_enter, @function
native_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    pushfq
    mov %rsp, CTL + 0x200
    rdfsbase %rax
    mov %rax, CTL + 0x208
    stmxcsr CTL + 0x210
    mov $7, %eax
    xor %edx, %edx
    xrstor64 CTL + 0x1000
    pushq CTL + 0x80
    cmpl $0, CTL + 0x230
    je 1f
    mov $0x2b, %eax         /* __USER_DS: 32-bit code needs usable data segments */
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
1:  mov CTL + 0x88, %rax
    wrfsbase %rax
    mov CTL + 0x90, %rax
    wrgsbase %rax
    testl $1, CTL + 0x230
    jnz 2f
    popfq
    mov CTL + 0x00, %rax
    mov CTL + 0x08, %rcx
    mov CTL + 0x10, %rdx
    mov CTL + 0x18, %rbx
    mov CTL + 0x20, %rsp
    mov CTL + 0x28, %rbp
    mov CTL + 0x30, %rsi
    mov CTL + 0x38, %rdi
    mov CTL + 0x40, %r8
    mov CTL + 0x48, %r9
    mov CTL + 0x50, %r10
    mov CTL + 0x58, %r11
    mov CTL + 0x60, %r12
    mov CTL + 0x68, %r13
    mov CTL + 0x70, %r14
    mov CTL + 0x78, %r15
    jmp *CTL + 0x98

2:  popfq
    mov CTL + 0x00, %eax
    mov CTL + 0x08, %ecx
    mov CTL + 0x10, %edx
    mov CTL + 0x18, %ebx
    mov CTL + 0x20, %esp
    mov CTL + 0x28, %ebp
    mov CTL + 0x30, %esi
    mov CTL + 0x38, %edi
    mov $0, %r8d
    mov $0, %r9d
    mov $0, %r10d
    mov $0, %r11d
    mov $0, %r12d
    mov $0, %r13d
    mov $0, %r14d
    mov $0, %r15d
    ljmp *CTL + 0x228

    .globl native_tail
native_tail:
    mov %rax, CTL + 0x100
    mov %rcx, CTL + 0x108
    mov %rdx, CTL + 0x110
    mov %rbx, CTL + 0x118
    mov %rsp, CTL + 0x120
    mov %rbp, CTL + 0x128
    mov %rsi, CTL + 0x130
    mov %rdi, CTL + 0x138
    mov %r8, CTL + 0x140
    mov %r9, CTL + 0x148
    mov %r10, CTL + 0x150
    mov %r11, CTL + 0x158
    mov %r12, CTL + 0x160
    mov %r13, CTL + 0x168
    mov %r14, CTL + 0x170
    mov %r15, CTL + 0x178
    mov CTL + 0x200, %rsp
    pushfq
    popq CTL + 0x180
    cld
    rdfsbase %rax
    mov %rax, CTL + 0x188
    rdgsbase %rax
    mov %rax, CTL + 0x190
    mov %es, CTL + 0x1a0
    mov %cs, CTL + 0x1a2
    mov %ss, CTL + 0x1a4
    mov %ds, CTL + 0x1a6
    mov %fs, CTL + 0x1a8
    mov %gs, CTL + 0x1aa
    mov $7, %eax
    xor %edx, %edx
    xsave64 CTL + 0x2000

    .globl native_exit
native_exit:
    mov CTL + 0x200, %rsp
    cmpl $0, CTL + 0x234
    je 3f
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
3:  mov CTL + 0x208, %rax
    wrfsbase %rax
    fninit
    ldmxcsr CTL + 0x210
    vzeroupper
    popfq
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .size native_enter, . - native_enter

    .section .note.GNU-stack, "", @progbits
