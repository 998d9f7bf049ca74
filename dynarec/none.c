/*
 * none.c - hosts without a backend.
 */
#include <errno.h>

#include "dynarec/dynarec.h"

int dyn_init(void)
{
    return -ENOSYS;
}
