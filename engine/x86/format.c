#include "x86/format.h"
int x86_format(char *buf, size_t size, const struct x86_insn *in, gaddr pc)
{
    (void)in; (void)pc;
    if (size) buf[0] = 0;
    return 0;
}
