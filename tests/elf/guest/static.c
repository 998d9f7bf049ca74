/* Static program: _start looks at the stack the loader made and leaves a summary in RAX. */
static long zero[2000]; /* bss over several pages */
static long data = 7;

__attribute__((used)) static long look(long *sp)
{
    long *p = sp + 1 + sp[0] + 1, bits = 0;

    while (*p++)
        ;
    for (; p[0]; p += 2) { /* auxv */
        if (p[0] == 6 && p[1] == 4096)
            bits |= 1;
        if (p[0] == 3 && *(int *)p[1] > 0 && *(int *)p[1] < 0x70000000)
            bits |= 2;
        if (p[0] == 15 && *(char *)p[1] == 'x')
            bits |= 4;
        if (p[0] == 25)
            bits |= (*(long *)p[1] != 0) << 3;
        if (p[0] == 33 && *(int *)p[1] == 0x464c457f)
            bits |= 1 << 20; /* AT_SYSINFO_EHDR: an ELF header */
        if (p[0] == 31 && *(char *)p[1])
            bits |= 16;
    }
    for (unsigned i = 0; i < 2000; i++)
        bits += zero[i];
    return bits | (data == 7) << 5 | sp[0] << 8 | ((long)sp & 15) << 16;
}
__asm__(".globl _start\n_start: mov %rsp,%rdi\n and $-16,%rsp\n call look\n hlt\n");
