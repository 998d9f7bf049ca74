/*
 * check.h - for the guest test programs: each check prints its failure with the line; done() prints
 * the verdict. What they print has to be the same natively and under the emulator, so no addresses,
 * ids or times.
 */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#include "../../left_out.h"
#include <errno.h>
#include <string.h>

static int checks, failures;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(cond)) {                                                                             \
            failures++;                                                                            \
            printf("%s:%d: failed: %s (errno %d)\n", __FILE__, __LINE__, #cond, errno);            \
            fflush(stdout);                                                                        \
        }                                                                                          \
    } while (0)

#define RUN(fn)                                                                                    \
    do {                                                                                           \
        int before_ = failures;                                                                    \
        fn();                                                                                      \
        printf("%-28s %s\n", #fn, failures == before_ ? "ok" : "FAILED");                          \
        fflush(stdout);                                                                            \
    } while (0)

static inline int done(void)
{
    printf("%s\n", failures ? "FAILED" : "all passed"); /* no count: loops over maps differ */
    return failures != 0 || checks == 0;
}

#endif
