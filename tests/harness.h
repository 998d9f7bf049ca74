/*
 * harness.h - the unit-test harness: CHECK macros, one line per failure, a summary line, exit
 * status. Use: `int main(void) { RUN(test_x); RUN(test_y); return harness_done(); }`
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <stdio.h>
#include <string.h>

static int harness_failed, harness_checks;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        harness_checks++;                                                                          \
        if (!(cond)) {                                                                             \
            harness_failed++;                                                                      \
            printf("%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #cond);                        \
        }                                                                                          \
    } while (0)

#define CHECK_EQ(a, b)                                                                             \
    do {                                                                                           \
        unsigned long long a_ = (unsigned long long)(a), b_ = (unsigned long long)(b);             \
        harness_checks++;                                                                          \
        if (a_ != b_) {                                                                            \
            harness_failed++;                                                                      \
            printf("%s:%d: %s = 0x%llx, want %s = 0x%llx\n", __FILE__, __LINE__, #a, a_, #b, b_);  \
        }                                                                                          \
    } while (0)

#define CHECK_STR(a, b)                                                                            \
    do {                                                                                           \
        const char *a_ = (a), *b_ = (b);                                                           \
        harness_checks++;                                                                          \
        if (strcmp(a_, b_)) {                                                                      \
            harness_failed++;                                                                      \
            printf("%s:%d: %s = \"%s\", want \"%s\"\n", __FILE__, __LINE__, #a, a_, b_);           \
        }                                                                                          \
    } while (0)

#define RUN(fn)                                                                                    \
    do {                                                                                           \
        int before_ = harness_failed;                                                              \
        fn();                                                                                      \
        printf("%-40s %s\n", #fn, harness_failed == before_ ? "ok" : "FAILED");                    \
    } while (0)

static inline int harness_done(void)
{
    printf("%d checks, %d failed\n", harness_checks, harness_failed);
    return harness_failed || !harness_checks;
}

#endif
