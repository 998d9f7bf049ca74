/* Only for the linker: libnative.so.1 is a wrapped library of the test. */
int native_var;
int native_add(int a, int b);
int native_add(int a, int b)
{
    return a + b;
}
int native_unwrapped(void);
int native_unwrapped(void)
{
    return 0;
}
