/*
 * test_rows.c - syscalls.def against itself: every number of x86-64 up to Linux 6.12 has a row,
 * each row has one action, and kinds refer to arguments that exist.
 */
#include "linux/local.h"

#include "harness.h"
#include "linux/kinds.h"

static bool known_gap(unsigned nr)
{
    return nr > 335 && nr < 424; /* never assigned in the 64-bit table */
}

static void test_no_holes(void)
{
    unsigned rows = 0;

    for (unsigned nr = 0; nr < SYS_MAX; nr++) {
        if (!sys_rows[nr].name && !known_gap(nr))
            printf("number %u has no row\n", nr);
        CHECK(!!sys_rows[nr].name != known_gap(nr));
        rows += sys_rows[nr].name != NULL;
    }
    CHECK_EQ(rows, 336 + 39);
}

static void test_one_action(void)
{
    for (unsigned nr = 0; nr < SYS_MAX; nr++) {
        const struct sys_row *r = &sys_rows[nr];

        if (r->name)
            CHECK((r->hand != NULL) + (r->fail != 0) + (r->host >= 0) == 1);
    }
}

static void test_kinds(void)
{
    for (unsigned nr = 0; nr < SYS_MAX; nr++) {
        for (unsigned i = 0; i < SYS_ARGS; i++) {
            unsigned k = sys_rows[nr].args[i], p = PARAM_OF(k);

            switch (KIND_OF(k)) {
            case AK_IBUF:
            case AK_OBUF:
            case AK_IIOV:
            case AK_OIOV:
            case AK_OMMSG:
            case AK_ADDR: CHECK(p < SYS_ARGS && sys_rows[nr].args[p]); break;
            case AK_OARR: CHECK((p & 15) < SYS_ARGS && sys_rows[nr].args[p & 15]); break;
            case AK_IN:
            case AK_OUT:
            case AK_IO: CHECK(p < S_COUNT && sys_struct_size[p]); break;
            }
        }
    }
}

int main(void)
{
    RUN(test_no_holes);
    RUN(test_one_action);
    RUN(test_kinds);
    return harness_done();
}
