/*
 * proc.c - files of /proc that would show the emulator or the host's CPU:
 * /proc/self/{exe,maps,cmdline,auxv}, /proc/cpuinfo. A view is opened as a memfd with the text of
 * the moment; exe becomes the guest program's own path.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "linux/local.h"
#include "linux/trace.h"
#include "mem/mem.h"

#define AUXV_MAX 64

static char exe[PATH_MAX];
static char *const *guest_argv;
static gaddr guest_stack; /* argc, argv, envp, auxv as the program found them */

const char *proc_exe(void)
{
    return exe;
}

int linux_init(const char *exe_path, char **argv, char **envp)
{
    const char *base = strrchr(exe_path, '/');

    (void)envp;
    exec_self();
    exec_take_filters();
    sig_trace = tracee_signal;
    sig_set_restart_range(host_syscall_safe_start, host_syscall_safe_insn, host_syscall_safe_again);
    if (!realpath(exe_path, exe))
        snprintf(exe, sizeof exe, "%s", exe_path);
    guest_argv = argv;
    prctl(PR_SET_NAME, base ? base + 1 : exe_path);
    return 0;
}

void linux_set_stack(gaddr sp)
{
    guest_stack = sp;
    if (exec_is_traced())
        tracee_started(&thr_self()->cpu, sp);
}

/* "self/", "thread-self/", "<own pid>/", each also with "task/<tid>/": what follows, or NULL. */
static const char *own_entry(const char *p)
{
    if (!strncmp(p, "self/", 5)) {
        p += 5;
    } else if (!strncmp(p, "thread-self/", 12)) {
        p += 12;
    } else if (isdigit((unsigned char)*p)) {
        char *end;

        if (strtol(p, &end, 10) != getpid() || *end != '/')
            return NULL;
        p = end + 1;
    } else {
        return NULL;
    }
    if (!strncmp(p, "task/", 5)) {
        p += 5;
        p += strspn(p, "0123456789");
        return *p == '/' ? p + 1 : NULL;
    }
    return p;
}

/* Of the traced guest that proc_view_of saw last; proc_open follows at once. */
static __thread int traced_pid;

static enum proc_view traced_view(const char *p)
{
    char *end;

    if (!isdigit((unsigned char)*p))
        return VIEW_NONE;
    traced_pid = (int)strtol(p, &end, 10);
    if (*end != '/' || !tracer_has(traced_pid))
        return VIEW_NONE;
    p = strrchr(end, '/');
    if (!strcmp(p, "/mem"))
        tracer_opens_memory(traced_pid);
    return strcmp(p, "/auxv") ? VIEW_NONE : VIEW_TRACED_AUXV;
}

enum proc_view proc_view_of(const char *path)
{
    static const char *const names[] = {
        [VIEW_EXE] = "exe", [VIEW_MAPS] = "maps", [VIEW_CMDLINE] = "cmdline", [VIEW_AUXV] = "auxv"};

    if (strncmp(path, "/proc/", 6))
        return VIEW_NONE;
    path += 6;
    if (!strcmp(path, "cpuinfo"))
        return VIEW_CPUINFO;
    if (!own_entry(path))
        return traced_view(path);
    path = own_entry(path);
    for (unsigned v = VIEW_EXE; path && v <= VIEW_AUXV; v++)
        if (!strcmp(path, names[v]))
            return (enum proc_view)v;
    return VIEW_NONE;
}

u64 guest_path(u64 path, enum proc_view *view)
{
    char b[64]; /* longer than any view's path */
    enum proc_view v = sig_read_str(b, path, sizeof b) > 0 ? proc_view_of(b) : VIEW_NONE;

    if (v == VIEW_EXE && !exe[0])
        v = VIEW_NONE;
    if (view)
        *view = v;
    return v == VIEW_EXE ? h2g(exe) : path;
}

static void write_cmdline(FILE *f)
{
    for (char *const *p = guest_argv; p && *p; p++)
        fwrite(*p, 1, strlen(*p) + 1, f);
}

static void write_auxv(FILE *f)
{
    u64 pair[2] = {1, 0};
    gaddr at = guest_stack;

    if (!at || !sig_read(pair, at, 8))
        return;
    at += 8 * (pair[0] + 2); /* argc, argv, NULL */
    while (sig_read(pair, at, 8) && pair[0])
        at += 8;
    at += 8;
    for (unsigned i = 0; i < AUXV_MAX && sig_read(pair, at, 16); i++, at += 16) {
        fwrite(pair, 16, 1, f);
        if (!pair[0])
            return;
    }
}

static void write_traced_auxv(FILE *f)
{
    u64 words[2 * AUXV_MAX];
    int n = tracer_auxv(traced_pid, words, ARRAY_SIZE(words));

    fwrite(words, sizeof words[0], (size_t)n, f);
}

static void write_maps(FILE *f)
{
    size_t n = 0;
    char *text = mem_maps_text(&n);

    if (text)
        fwrite(text, 1, n, f);
    free(text);
}

static i64 view_fd(struct x86_cpu *c, enum proc_view view, int fd)
{
    FILE *f = fdopen(dup(fd), "w");

    if (!f)
        return -ENOMEM;
    if (view == VIEW_MAPS)
        write_maps(f);
    else if (view == VIEW_CMDLINE)
        write_cmdline(f);
    else if (view == VIEW_AUXV)
        write_auxv(f);
    else if (view == VIEW_TRACED_AUXV)
        write_traced_auxv(f);
    else
        proc_cpuinfo(c, f);
    fclose(f);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

i64 proc_open(struct x86_cpu *c, enum proc_view view, int guest_flags)
{
    int fd;

    if (guest_flags & 3) /* none of them is writable */
        return -EACCES;
    fd = memfd_create("box64-proc", guest_flags & GUEST_O_CLOEXEC ? MFD_CLOEXEC : 0);
    return fd < 0 ? -errno : view_fd(c, view, fd);
}
