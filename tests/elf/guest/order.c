/* liborder.so: constructors and destructors of the other test libraries write down here when they
 * run. */
char order_log[64];
static int n;

void order_add(char c);
void order_add(char c)
{
    if (n < 63)
        order_log[n++] = c;
}
