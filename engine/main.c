/*
 * main.c - the box64 command: options, program lookup, start. Exit status as a shell would give it:
 * 125 wrong use of box64, 126 found but not runnable, 127 not found, else the guest's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "bridge/arch.h"
#include "bridge/bridge.h"
#include "config/config.h"
#include "dynarec/dynarec.h"
#include "elf/elf.h"
#include "env.h"
#include "interp/interp.h"
#include "linux/linux.h"
#include "mem/mem.h"
#include "signal/signal.h"
#include "thread/thread.h"
#include "wrapped.h"

extern char **environ;

#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options(void);

/* What guests allocate is theirs to free, and they keep it where the leak checker does not look. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

/* 0, or why a shell would not execute that file. */
static int may_execute(const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    return access(path, X_OK) ? errno : 0;
}

/* Puts the first executable file `name` of the folders into out. */
static bool find_in_list(const char *list, const char *name, char *out, size_t size)
{
    while (*list) {
        size_t n = strcspn(list, ":");

        snprintf(out, size, "%.*s%s%s", (int)n, list, n ? "/" : "", name);
        if (n && !may_execute(out))
            return true;
        list += n + (list[n] == ':');
    }
    return false;
}

static bool find_program(const char *name, char *out, size_t size)
{
    const char *path = getenv("PATH");

    snprintf(out, size, "%s", name);
    if (strchr(name, '/'))
        return true;
    return find_in_list(cfg.path, name, out, size) ||
           find_in_list(path ? path : "/usr/bin:/bin", name, out, size);
}

static bool is_script(const char *path)
{
    char magic[2] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool yes;

    if (fd < 0)
        return false;
    yes = read(fd, magic, 2) == 2 && magic[0] == '#' && magic[1] == '!';
    close(fd);
    return yes;
}

/* 0 when it is a program for us, else the exit status, message printed. */
static int check_program(const char *path, struct elf_id *id)
{
    int r = elf_probe(path, id);

    if (r < 0) {
        log_error("%s: %s", path, strerror(-r));
        return 126;
    }
    if (id->kind != ELF_X86_64_STATIC && id->kind != ELF_X86_64_DYNAMIC) {
        log_error("%s: %s", path, elf_id_text(id));
        return 126;
    }
    return 0;
}

static void must(const char *what, int r)
{
    if (r >= 0)
        return;
    log_error("cannot start: %s: %s", what, strerror(-r));
    exit(125);
}

static void start_rooms(const char *path, char **argv)
{
    env_init();
    must("memory map", mem_init());
    must("interpreter", interp_init());
    if (br_arch_weak_order)
        interp_order = cfg.dynarec_strongmem == 4 ? 2 : cfg.dynarec_strongmem != 0;
    if (cfg.dynarec && dyn_init() == -ENOMEM)
        log_warn("no memory for translated code: interpreting");
    must("threads", thr_init(&guest_env));
    must("signals", sig_init());
    must("bridges", br_init());
    must("system calls", linux_init(path, argv, environ));
    br_register(wrapped_libs, wrapped_lib_count);
    sig_symbolise = dl_symbolise;
}

static int run_program(const char *path, char **argv, const struct elf_id *id)
{
    bool native = cfg.libc == CFG_LIBC_NATIVE && id->kind == ELF_X86_64_DYNAMIC && !id->musl;
    struct thr *t;
    int status;

    start_rooms(path, argv);
    t = thr_self();
    status = elf_load_program(t, path, argv, environ, native);
    if (status)
        return status;
    linux_set_stack(t->cpu.gpr[X86_RSP]);
    interp_run(&t->cpu);
    /* Only reached when the entry point of the guest returns. */
    return (int)(t->cpu.gpr[X86_RAX] & 0xff);
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    struct elf_id id;
    char *argv0 = linux_take_args(&argc, &argv);
    int status, err;

    switch (cfg_init(&argc, &argv)) {
    case CFG_DONE: return 0;
    case CFG_USAGE: return 125;
    case CFG_RUN: break;
    }
    if (argc < 2) {
        cfg_help(stderr);
        return 125;
    }
    if (!find_program(argv[1], path, sizeof path)) {
        log_error("%s: command not found", argv[1]);
        return 127;
    }
    err = may_execute(path);
    if (err) {
        log_error("%s: %s", path, strerror(err));
        return err == ENOENT || err == ENOTDIR ? 127 : 126;
    }
    cfg_resolve(path); /* what is wrong in a profile or with the trace file has been said */
    if (is_script(path)) {
        int r = (int)linux_execve(path, argv + 1, environ);

        log_error("%s: %s", path, strerror(-r));
        return 126;
    }
    status = check_program(path, &id);
    if (status)
        return status;
    if (argv0)
        argv[1] = argv0;
    return run_program(path, argv + 1, &id);
}
