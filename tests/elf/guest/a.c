/* liba.so.1: calls libb and the wrapped library; data relocations, IFUNC, thread-local storage,
 * weak symbols. Built in several ways. */
void order_add(char c);
extern int b_data;
int b_versioned(int x);
long b_sum(long a, long b, long c, long d, long e, long f, double x, double y);
int native_add(int a, int b);
extern int native_var;
int nowhere(void) __attribute__((weak));
extern int nowhere_data __attribute__((weak));

__attribute__((constructor)) static void up(void)
{
    order_add('a');
}
__attribute__((destructor)) static void down(void)
{
    order_add('A');
}

int *a_pointer = &b_data;
char *a_inner = (char *)&a_pointer + 4; /* RELATIVE */
int a_sum(void);
int a_sum(void)
{
    return b_sum(1, 2, 3, 4, 5, 6, 7.0, 8.0) == 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64;
}
int a_calls_b(int x);
int a_calls_b(int x)
{
    return b_versioned(x) + 100;
}
int a_calls_native(int x);
int a_calls_native(int x)
{
    return native_add(x, native_var);
}
int a_weak(void);
int a_weak(void)
{
    return (nowhere ? 1 : 0) + (&nowhere_data ? 2 : 0);
}
static int chosen(int x)
{
    return x * 3;
}
static int ifunc_ran;
static void *choose(void)
{
    ifunc_ran++;
    return chosen;
}
int a_ifunc(int x) __attribute__((ifunc("choose")));
int (*a_ifunc_pointer)(int) = a_ifunc;
int a_uses_ifunc(int x);
int a_uses_ifunc(int x)
{
    return a_ifunc(x) + a_ifunc_pointer(x);
}

__thread int a_tls = 11;
__thread char a_tls_zero[100];
static __thread long a_tls_local __attribute__((aligned(64))) = 77;
int a_tls_get(void);
int a_tls_get(void)
{
    int sum = a_tls;

    for (int i = 0; i < 100; i++)
        sum += a_tls_zero[i];
    return sum;
}
void a_tls_set(int v);
void a_tls_set(int v)
{
    a_tls = v;
    a_tls_zero[50] = 1;
}
long *a_tls_local_addr(void);
long *a_tls_local_addr(void)
{
    return &a_tls_local;
}
