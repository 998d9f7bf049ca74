/* libd1.so: opened with dlopen; needs libd2. */
void order_add(char c);
int d2_value(void);
__thread int d1_tls[1000] = {1, 2, 3};
__attribute__((constructor)) static void up(void)
{
    order_add('1');
}
__attribute__((destructor)) static void down(void)
{
    order_add('!');
}
int d1_value(void);
int d1_value(void)
{
    return d2_value() + d1_tls[2]++;
}
