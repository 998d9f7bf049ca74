/*
 * libc_start.c - the program's start and end: __libc_start_main, exit handlers. Exit handlers are
 * registered with the native libc, so that native and guest ones run in one order; each carries a
 * record of the guest function.
 */
#include "libc.h"

#include <unistd.h>

#include "elf/elf.h"

extern char **environ;
extern int __cxa_atexit(void (*fn)(void *), void *arg, void *dso);
extern int __cxa_at_quick_exit(void (*fn)(void *), void *dso);
extern int __cxa_thread_atexit_impl(void (*fn)(void *), void *arg, void *dso);
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void *dso);

/* Data of ld.so as the guest's start-up code and libraries see them. */
char my___libc_enable_secure[4] __attribute__((aligned(8)));
char my___libc_stack_end[8] __attribute__((aligned(8)));
char my__dl_argv[8] __attribute__((aligned(8)));

struct handler {
    gaddr fn;
    u64 arg;
};

static void run_handler(void *arg)
{
    struct handler h = *(struct handler *)arg;

    free(arg);
    br_call_guest(h.fn, 1, &h.arg);
}

static struct handler *handler_new(const void *fn, const void *arg)
{
    struct handler *h = malloc(sizeof *h);

    if (h) {
        h->fn = h2g(fn);
        h->arg = h2g(arg);
    }
    return h;
}

i32 my___cxa_atexit(void *fn, void *arg, void *dso)
{
    struct handler *h = handler_new(fn, arg);
    return h ? __cxa_atexit(run_handler, h, dso) : -1;
}

i32 my___cxa_at_quick_exit(void *fn, void *dso)
{
    return __cxa_at_quick_exit((void (*)(void *))(uintptr_t)br_callback(h2g(fn), &cbt_v_p), dso);
}

i32 my___cxa_thread_atexit_impl(void *fn, void *arg, void *dso)
{
    struct handler *h = handler_new(fn, arg);

    /* It keeps a native library loaded; the guest's linker keeps the guest's. Not NULL: glibc's
     * cache starts with NULL and would take no object at all. */
    dso = (void *)(uintptr_t)my___cxa_thread_atexit_impl;
    return h ? __cxa_thread_atexit_impl(run_handler, h, dso) : -1;
}

i32 my_atexit(void *fn)
{
    return atexit((void (*)(void))(uintptr_t)fn);
}

i32 my_at_quick_exit(void *fn)
{
    return at_quick_exit((void (*)(void))(uintptr_t)fn);
}

i32 my_pthread_atfork(void *prepare, void *parent, void *child)
{
    return __register_atfork((void (*)(void))(uintptr_t)prepare, (void (*)(void))(uintptr_t)parent,
                             (void (*)(void))(uintptr_t)child, NULL);
}

void my___libc_init_first(i32 argc, void *argv, void *envp)
{
    (void)argc;
    (void)argv;
    (void)envp;
}

void my___gmon_start__(void)
{
}

static void set_names(char **argv)
{
    static struct br_sync_var *const vars[] = {&sv_environ, &sv_program_invocation_name,
                                               &sv_program_invocation_short_name};
    char *slash;

    if (argv[0]) {
        slash = strrchr(argv[0], '/');
        program_invocation_name = argv[0];
        program_invocation_short_name = slash ? slash + 1 : argv[0];
    }
    br_sync_out(vars, ARRAY_SIZE(vars));
}

/* Threads of native libraries that call the guest need the guest's thread-local variables (and its
 * stack protector's word). */
static void adopted(struct thr *t)
{
    t->tls = dl_tls_new_thread(t);
    t->cpu.seg_base[X86_FS] = t->tls;
    t->tls_free = dl_tls_free_thread;
}

/*
 * The linker has run the libraries' constructors. The program's own are run here: by
 * __libc_csu_init of programs older than glibc 2.34, which comes as `init`; by us for newer ones,
 * where that is NULL. Destructors are the linker's in both cases.
 */
void raw___libc_start_main(struct x86_cpu *c, void *fn)
{
    gaddr main_fn = br_int(c, 0), init = br_int(c, 3), rtld_fini = br_int(c, 5);
    u64 args[3] = {br_int(c, 1), br_int(c, 2), br_int(c, 2) + 8 * (br_int(c, 1) + 1)};
    char **argv = br_ptr(args[1]);

    (void)fn;
    environ = br_ptr(args[2]);
    st_u64(my___libc_stack_end, br_stack64(c, 0));
    st_u64(my__dl_argv, args[1]);
    set_names(argv);
    br_adopted = adopted;
    atexit(dl_fini);
    if (rtld_fini)
        my___cxa_atexit(br_ptr(rtld_fini), NULL, NULL);
    if (init)
        br_call_guest(init, 3, args);
    else
        dl_init_main((int)args[0], args[1], args[2]);
    exit((int)br_call_guest(main_fn, 3, args));
}
