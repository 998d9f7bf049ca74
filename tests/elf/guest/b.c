/* libb.so.1: needed by liba; versions, copied data, unique data, protected and overridden
 * functions. */
void order_add(char c);
__attribute__((constructor)) static void up(int argc, char **argv, char **envp)
{
    order_add(argc == 3 && argv[1] && envp ? 'b' : '?');
}
__attribute__((destructor)) static void down(void)
{
    order_add('B');
}

int b_data = 41; /* the program has a COPY relocation for it */
int *b_data_addr(void);
int *b_data_addr(void)
{
    return &b_data;
}

int b_old(int x);
int b_old(int x)
{
    return x + 1;
}
int b_new(int x);
int b_new(int x)
{
    return x + 2;
}
__asm__(".symver b_old,b_versioned@B_1");
__asm__(".symver b_new,b_versioned@@B_2");

int b_overridden(void);
int b_overridden(void) /* the program defines it too: the program's wins */
{
    return 1;
}
int b_calls_overridden(void);
int b_calls_overridden(void)
{
    return b_overridden();
}
__attribute__((visibility("protected"))) int b_protected(void);
__attribute__((visibility("protected"))) int b_protected(void)
{
    return 5;
}
int b_calls_protected(void);
int b_calls_protected(void)
{
    return b_protected();
}
long b_sum(long a, long b, long c, long d, long e, long f, double x, double y);
long b_sum(long a, long b, long c, long d, long e, long f, double x, double y)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + (long)(7 * x + 8 * y);
}
__asm__(".type b_unique, @gnu_unique_object\n.globl b_unique\n.data\n.align 4\nb_unique: .long "
        "9\n.size b_unique, 4\n.text");
