/* libd2.so */
void order_add(char c);
__attribute__((constructor)) static void up(void)
{
    order_add('2');
}
__attribute__((destructor)) static void down(void)
{
    order_add('@');
}
int d2_value(void);
int d2_value(void)
{
    return 20;
}
