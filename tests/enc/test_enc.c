/*
 * test_enc.c - every A64 encoder (dynarec/arm64/enc.h, enc_fp.h) over a sweep of operands, against
 * llvm-mc; and the helpers beside them (what fits, which constants, retargeting) against their
 * definitions.
 * Usage: test_enc [LLVM-MC]
 */
#include "harness.h"
#include "judge.h"

void expect(bool ok, const char *what, u64 value)
{
    harness_checks++;
    if (!ok && harness_failed++ < 20)
        printf("%s: wrong for 0x%llx\n", what, (unsigned long long)value);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    sweep_int();
    sweep_branch();
    sweep_memory();
    sweep_float();
    sweep_vector();
    sweep_element();
    RUN(check_predicates);
    int failed = harness_done();
    int judged = judge_run(argc > 1 ? argv[1] : "llvm-mc");
    return failed ? 1 : judged;
}
