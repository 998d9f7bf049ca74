/*
 * none.c - hosts without a backend.
 */
#include <errno.h>
#include <string.h>

#include "dynarec/dynarec.h"

int dyn_init(void)
{
    return -ENOSYS;
}

void dyn_stats(struct dyn_stats *out)
{
    memset(out, 0, sizeof *out);
}
