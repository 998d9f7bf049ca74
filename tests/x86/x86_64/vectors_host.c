/*
 * vectors_host.c (x86-64) - the real CPU records; the native runner's handlers serve the
 * interpreter too.
 */
#include "native.h"
#include "vectors_host.h"
#include "x86/rows.h"

void vectors_host_init(void)
{
    native_init();
}

bool vectors_native_init(void)
{
    return native_init();
}

bool vectors_native_has(unsigned row)
{
    return native_has_feature(x86_rows[row].feature);
}

bool vectors_native_run(const struct tcase *t, struct tresult *out)
{
    native_run(t, out);
    return true;
}
