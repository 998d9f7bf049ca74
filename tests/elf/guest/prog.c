/* The program. It never runs: the test calls its functions. */
extern int b_data;
extern __thread int a_tls;
int a_calls_b(int x);
int b_calls_overridden(void);
void order_add(char c);
__thread short prog_tls = 3;
__thread short prog_tls_big[33] __attribute__((aligned(32))) = {1, 2, 3};

__attribute__((constructor)) static void up(void)
{
    order_add('p');
}
static void before(void)
{
    order_add('0');
}
__attribute__((section(".preinit_array"), used)) static void (*pre)(void) = before;

int b_overridden(void);
int b_overridden(void)
{
    return 2;
}
int prog_tls_get(void);
int prog_tls_get(void)
{
    return prog_tls + prog_tls_big[2] + a_tls; /* LE, LE, IE */
}
long prog_tls_align(void);
long prog_tls_align(void)
{
    return (long)prog_tls_big & 31;
}
int prog_reads_copy(void);
int prog_reads_copy(void)
{
    return b_data;
}
int *prog_copy_addr(void);
int *prog_copy_addr(void)
{
    return &b_data;
}
int (*prog_function_pointer(void))(int);
int (*prog_function_pointer(void))(int)
{
    return a_calls_b;
}
int prog_calls(void);
int prog_calls(void)
{
    return a_calls_b(1) + b_calls_overridden();
}
int prog_canary(void);
int prog_canary(void)
{
    long c, self, tp;

    __asm__("mov %%fs:0x28,%0; mov %%fs:0,%1; mov %%fs:0x10,%2" : "=r"(c), "=r"(self), "=r"(tp));
    return c != 0 && !(c & 0xff) && self == tp;
}
void _start(void);
void _start(void)
{
    for (;;)
        ;
}
