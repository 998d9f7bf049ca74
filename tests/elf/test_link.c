/* test_link.c - the guest linker on small guest programs and libraries, linked in every way that
 * matters. */
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "config/config.h"
#include "guest_env.h"
#include "harness.h"
#include "interp/interp.h"
#include "mem/mem.h"

static const char *variant, *program;

static const char *order_log(void)
{
    gaddr a = dl_symbol(0, "order_log", NULL, 0);

    return a ? g2h(a) : "(none)";
}

/* What holds for every variant. */
static void check_all(void)
{
    struct thr *t = guest_start(variant);
    struct dl_addr_info info;
    char text[200];
    gaddr a;

    CHECK_EQ(guest_load(t, program, true), 0);
    CHECK_STR(
        order_log(),
        "0ba"); /* preinit, then libb before liba; the program's own come from its start code */
    dl_init_main(3, 1, 1);
    CHECK_STR(order_log(), "0bap");
    CHECK_EQ(guest_call("a_sum", 0), 1);
    CHECK_EQ((u32)guest_call("a_calls_b", 1, 10ull), 112); /* the default version */
    CHECK_EQ((u32)guest_call("a_calls_b", 1, 20ull), 122); /* and again, bound now */
    CHECK_EQ((u32)guest_call("a_calls_native", 1, 5ull), 1005);
    native_var_value = 2000;
    CHECK_EQ((u32)guest_call("a_calls_native", 1, 5ull), 2005); /* the native variable itself */
    CHECK_EQ((u32)guest_call("a_weak", 0), 0);
    CHECK_EQ((u32)guest_call("a_uses_ifunc", 1, 7ull), 42);
    CHECK_EQ((u32)guest_call("a_ifunc", 1, 5ull), 15);
    CHECK_EQ((u32)guest_call("b_calls_overridden", 0), 2);
    CHECK_EQ((u32)guest_call("b_calls_protected", 0), 5);
    CHECK_EQ((u32)guest_call("prog_calls", 0), 105);
    CHECK_EQ(guest_call("prog_function_pointer", 0), guest_symbol("a_calls_b"));
    CHECK_EQ((u32)guest_call("prog_reads_copy", 0), 41);
    CHECK_EQ(guest_call("prog_copy_addr", 0),
             guest_call("b_data_addr", 0)); /* one b_data for all */
    a = guest_symbol("a_pointer");
    CHECK_EQ(ld_u64(g2h(a)), guest_call("b_data_addr", 0));
    CHECK_EQ(ld_u64(g2h(guest_symbol("a_inner"))), a + 4);
    CHECK_EQ(ld_u32(g2h(guest_symbol("b_unique"))), 9);
    CHECK_EQ((u32)br_call_guest(dl_symbol(0, "b_versioned", "B_1", 0), 1, (u64[]){10}), 11);
    CHECK_EQ((u32)br_call_guest(dl_symbol(0, "b_versioned", "B_2", 0), 1, (u64[]){10}), 12);
    CHECK_EQ(dl_symbol(0, "b_versioned", "B_3", 0), 0);
    CHECK(dl_error() && !dl_error());

    CHECK_EQ((u32)guest_call("prog_tls_get", 0), 3 + 3 + 11);
    CHECK_EQ(guest_call("prog_tls_align", 0), 0);
    CHECK_EQ((u32)guest_call("prog_canary", 0), 1);
    CHECK_EQ((u32)guest_call("a_tls_get", 0), 11);
    guest_call("a_tls_set", 1, 50ull);
    CHECK_EQ((u32)guest_call("a_tls_get", 0), 51);
    CHECK_EQ((u32)guest_call("prog_tls_get", 0), 3 + 3 + 50);
    a = guest_call("a_tls_local_addr", 0);
    CHECK(ld_u64(g2h(a)) == 77 && !(a & 63) && a < t->tls);

    CHECK(dl_addr(guest_symbol("a_sum") + 1, &info) && info.symbol &&
          !strcmp(info.symbol, "a_sum"));
    CHECK(strstr(info.object, "liba.so.1") != NULL);
    dl_symbolise(guest_symbol("a_sum") + 3, text, sizeof text);
    CHECK_STR(text, "liba.so.1!a_sum+0x3");
    dl_fini();
    CHECK_STR(order_log(), "0bapAB");
}

static void test_variants(void)
{
    static const char *const variants[] = {"lazy", "now", "sysv", "relr", "desc", "noplt"};
    static const char *const programs[] = {"prog_pie", "prog_fixed", "prog_aligned"};

    for (unsigned v = 0; v < 6; v++)
        for (unsigned p = 0; p < 3; p++) {
            int status;

            variant = variants[v];
            program = programs[p];
            status = in_child(check_all, NULL, 0);
            if (status)
                printf("in %s with %s: %d\n", program, variant, status);
            CHECK_EQ(status, 0);
        }
}

static int count_object(const struct dl_object_info *o, void *arg)
{
    unsigned *n = arg;

    n[0]++;
    n[1] += o->phnum != 0;
    n[2] += o->tls_modid != 0;
    CHECK(n[0] != 1 || !*o->name);
    for (unsigned i = 0; i < o->phnum; i++)
        CHECK(mem_readable(o->phdr + i * 56, 56));
    return 0;
}

static void check_dlopen(void)
{
    struct thr *t = guest_start("lazy");
    char path[4096], d2[4096];
    unsigned n[3] = {0}, m[3] = {0};
    gaddr h, h2, fn, tls;

    CHECK_EQ(guest_load(t, "prog_pie", true), 0);
    dl_each_object(count_object, n);
    CHECK_EQ(n[0], 5); /* program, liba, libb, liborder, libnative */
    CHECK_EQ(n[1], 4);
    CHECK_EQ(n[2], 2);
    snprintf(path, sizeof path, "%s/libd1.so", guest_dir);
    CHECK_EQ(dl_open(path, 4 | 1, 0), 0); /* RTLD_NOLOAD */
    h = dl_open(path, 1, 0);
    CHECK(h != 0);
    CHECK_STR(order_log(), "0ba21");
    dl_each_object(count_object, m);
    CHECK_EQ(m[0], 7);
    CHECK_EQ(dl_open(path, 4 | 1, 0), h);
    CHECK_EQ(dl_open(path, 2, 0), h);
    fn = dl_symbol(h, "d1_value", NULL, 0);
    CHECK(fn && dl_symbol(h, "d2_value", NULL, 0)); /* its needs are in its scope */
    CHECK_EQ(dl_symbol(0, "d1_value", NULL, 0), 0); /* but not in the global one */
    CHECK_EQ((u32)br_call_guest(fn, 0, NULL), 23);
    CHECK_EQ((u32)br_call_guest(fn, 0, NULL), 24);
    tls = dl_symbol(h, "d1_tls", NULL, 0);
    CHECK_EQ(ld_u32(g2h(tls + 8)), 5);
    dl_open(path, 0x100 | 1, 0); /* RTLD_GLOBAL later */
    CHECK_EQ(dl_symbol(0, "d1_value", NULL, 0), fn);
    snprintf(d2, sizeof d2, "%s/libd2.so", guest_dir);
    h2 = dl_open(d2, 1, 0);
    CHECK(h2 && h2 != h);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(dl_close(h), 0);
    CHECK_STR(order_log(), "0ba21"); /* one dlopen is left */
    CHECK_EQ(dl_close(h), 0);
    CHECK_STR(order_log(), "0ba21!"); /* libd2 is still open */
    CHECK(!mem_query(fn, &(struct mem_region){0}));
    CHECK_EQ(dl_symbol(0, "d1_value", NULL, 0), 0);
    CHECK_EQ(dl_close(h2), 0);
    CHECK_STR(order_log(), "0ba21!@");
    CHECK_EQ(dl_close(h), -1);
    CHECK(dl_error() != NULL);
    h = dl_open(path, 1, 0); /* again, from scratch */
    CHECK_EQ((u32)br_call_guest(dl_symbol(h, "d1_value", NULL, 0), 0, NULL), 23);
    CHECK_EQ(dl_open("libnative.so.1", 1, 0) != 0, 1);
    CHECK(dl_symbol(dl_open("libnative.so.1", 1, 0), "native_add", NULL, 0) != 0);
    CHECK(dl_open(NULL, 1, 0) && dl_symbol(dl_open(NULL, 1, 0), "prog_calls", NULL, 0));
}

static void check_static_tls_late(void)
{
    struct thr *t = guest_start("lazy"), *other;
    char path[4096];
    gaddr h;

    CHECK_EQ(guest_load(t, "prog_pie", true), 0);
    other = thr_new(&t->cpu);
    CHECK(dl_tls_new_thread(other) != 0 && other->tls != t->tls);
    CHECK_EQ(ld_u64(g2h(other->tls)), other->tls);
    CHECK_EQ(ld_u64(g2h(other->tls + 0x28)), ld_u64(g2h(t->tls + 0x28)));
    snprintf(path, sizeof path, "%s/libie.so", guest_dir);
    h = dl_open(path, 1, 0);
    CHECK(h != 0);
    CHECK_EQ((u32)br_call_guest(dl_symbol(h, "ie_get", NULL, 0), 0, NULL), 123);
    CHECK_EQ((u32)br_call_guest(dl_symbol(h, "ie_get", NULL, 0), 0, NULL), 124);
    dl_tls_free_thread(other);
    CHECK_EQ(other->tls, 0);
}

static void check_errors(void)
{
    struct thr *t = guest_start("lazy");
    char path[4096];
    const char *e;

    CHECK_EQ(guest_load(t, "prog_pie", true), 0);
    CHECK_EQ(dl_open("libnothere.so.7", 1, 0), 0);
    e = dl_error();
    CHECK(e &&
          strstr(e, "libnothere.so.7: cannot open shared object file: No such file or directory"));
    snprintf(path, sizeof path, "%s/libbaddata.so", guest_dir);
    CHECK_EQ(dl_open(path, 1, 0), 0);
    e = dl_error();
    CHECK(e && strstr(e, "symbol no_such_data not found (required by ") &&
          strstr(e, "libbaddata.so)"));
    snprintf(path, sizeof path, "%s/libbad.so", guest_dir);
    CHECK_EQ(dl_open(path, 2, 0), 0); /* RTLD_NOW */
    e = dl_error();
    CHECK(e && strstr(e, "symbol no_such_function not found"));
    CHECK(dl_open(path, 1, 0) != 0); /* lazily it loads */
    snprintf(path, sizeof path, "%s/libneedy.so", guest_dir);
    CHECK_EQ(dl_open(path, 1, 0), 0);
    e = dl_error();
    CHECK(e && strstr(e, "libgone"));
    CHECK_EQ(dl_open(path, 0, 0), 0);
    snprintf(path, sizeof path, "%s/prog_fixed", guest_dir);
    CHECK_EQ(dl_open(path, 1, 0), 0);
    CHECK(dl_error() != NULL);
    CHECK_STR(order_log(), "0ba");
}

static void call_unresolved(void)
{
    struct thr *t = guest_start("lazy");
    char path[4096];
    gaddr h;

    guest_load(t, "prog_pie", true);
    snprintf(path, sizeof path, "%s/libbad.so", guest_dir);
    h = dl_open(path, 1, 0);
    br_call_guest(dl_symbol(h, "bad_call", NULL, 0), 0, NULL);
}

static void exit_missing(void)
{
    fflush(stdout);
    _Exit(guest_load(guest_start("nosuchfolder"), "prog_missing", true) == 127 ? 12 : 13);
}

static void test_messages(void)
{
    char err[4096];

    CHECK_EQ(in_child(call_unresolved, err, sizeof err), 127);
    CHECK(strstr(err, "box64: symbol no_such_function not found (required by ") != NULL);
    CHECK_EQ(in_child(exit_missing, err, sizeof err), 12);
    CHECK(strstr(err,
                 "box64: libgone1.so: cannot open shared object file (needed by prog_missing)\n") !=
          NULL);
    CHECK(strstr(err,
                 "box64: libneedy.so: cannot open shared object file (needed by prog_missing)\n") !=
          NULL);
}

static void test_dlopen(void)
{
    CHECK_EQ(in_child(check_dlopen, NULL, 0), 0);
    CHECK_EQ(in_child(check_static_tls_late, NULL, 0), 0);
    CHECK_EQ(in_child(check_errors, NULL, 0), 0);
}

static void check_static(void)
{
    struct thr *t = guest_start("lazy");
    struct elf_id id;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", guest_dir, program);
    CHECK_EQ(elf_probe(path, &id), 0);
    CHECK_EQ(id.kind, ELF_X86_64_STATIC);
    CHECK_EQ(guest_load(t, program, true), 0);
    CHECK_EQ(t->cpu.gpr[X86_RSP] & 15, 0);
    CHECK_EQ(t->cpu.gpr[X86_RDX], 0);
    guest_run(t);
    CHECK_EQ(guest_exc.vec, X86_EXC_GP); /* its HLT */
    CHECK_EQ(t->cpu.gpr[X86_RAX], 63 | 3 << 8 | 1 << 20);
}

static void test_static(void)
{
    program = "prog_static";
    CHECK_EQ(in_child(check_static, NULL, 0), 0);
    program = "prog_static_pie";
    CHECK_EQ(in_child(check_static, NULL, 0), 0);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 77;
    guest_dir = argv[1];
    RUN(test_static);
    RUN(test_variants);
    RUN(test_dlopen);
    RUN(test_messages);
    return harness_done();
}
