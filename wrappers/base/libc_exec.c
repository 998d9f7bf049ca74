/*
 * libc_exec.c - running other programs (exec family, posix_spawn) and the calls that tell the guest
 * what machine it is on. Children go through linux_execve: x86-64 files run under this emulator
 * again, native ones natively.
 */
#include "libc.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define X86_AT_PAGESZ 6
#define PATH_MAX_ 4096

extern char **environ;

/* When a signal has to be handled first, the caller fails with EINTR, which nobody sees: the guest
 * makes its call again. */
i64 libc_syscall(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
    const u64 args[6] = {a, b, c, d, e, f};
    i64 r = linux_syscall6_again(libc_cpu(), nr, args);

    if (UNLIKELY(r == -SIG_RESTART)) {
        br_call_again(libc_cpu());
        r = -EINTR;
    }
    return libc_result(r);
}

/* ---- exec ---- */

/* A file without a known header is run by the shell, as execvp(3) says. */
static i64 exec_by_shell(const char *path, char *const *argv, char *const *envp)
{
    size_t n = 0;
    char **v;
    i64 r;

    while (argv[n])
        n++;
    v = malloc((n + 3) * sizeof *v);
    if (!v)
        return -ENOMEM;
    v[0] = (char *)(uintptr_t) "/bin/sh";
    v[1] = (char *)(uintptr_t)path;
    memcpy(v + 2, argv + (n ? 1 : 0), (n ? n : 1) * sizeof *v);
    r = linux_execve(v[0], v, envp);
    free(v);
    return r;
}

static i64 exec_or_shell(const char *path, char *const *argv, char *const *envp)
{
    i64 r = linux_execve(path, argv, envp);
    return r == -ENOEXEC ? exec_by_shell(path, argv, envp) : r;
}

static i64 exec_search(const char *file, char *const *argv, char *const *envp)
{
    const char *dirs = getenv("PATH"), *end;
    char path[PATH_MAX_];
    bool denied = false;

    if (!*file)
        return -ENOENT;
    if (strchr(file, '/'))
        return exec_or_shell(file, argv, envp);
    if (!dirs)
        dirs = "/bin:/usr/bin";
    for (;; dirs = end + 1) {
        i64 r;
        end = strchrnul(dirs, ':');
        if (end == dirs)
            r = snprintf(path, sizeof path, "%s", file);
        else
            r = snprintf(path, sizeof path, "%.*s/%s", (int)(end - dirs), dirs, file);
        r = r >= (i64)sizeof path ? -ENAMETOOLONG : exec_or_shell(path, argv, envp);
        if (r == -EACCES)
            denied = true;
        else if (r != -ENOENT && r != -ENOTDIR && r != -ESTALE && r != -ENODEV && r != -ETIMEDOUT &&
                 r != -ENAMETOOLONG)
            return r;
        if (!*end)
            return denied ? -EACCES : -ENOENT;
    }
}

i32 my_execve(const char *path, void *argv, void *envp)
{
    return (i32)libc_result(linux_execve(path, argv, envp));
}

i32 my_execv(const char *path, void *argv)
{
    return my_execve(path, argv, environ);
}

i32 my_execvpe(const char *file, void *argv, void *envp)
{
    return (i32)libc_result(exec_search(file, argv, envp));
}

i32 my_execvp(const char *file, void *argv)
{
    return my_execvpe(file, argv, environ);
}

i32 my_fexecve(i32 fd, void *argv, void *envp)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return my_execve(path, argv, envp);
}

i32 my_execveat(i32 dir, const char *path, void *argv, void *envp, i32 flags)
{
    return (i32)libc_syscall(X_EXECVEAT, (u64)(i64)dir, h2g(path), h2g(argv), h2g(envp),
                             (u64)(i64)flags, 0);
}

/* Arguments up to NULL, and for execle the environment behind it. The guest may be a vfork child:
 * no memory is kept. */
static void exec_list(struct x86_cpu *c, bool search, bool env)
{
    static struct br_sync_var *const vars[] = {&sv_environ};
    const char *path = br_ptr(br_int(c, 0));
    struct br_va_args a;
    size_t n = 1, cap = 64;
    char **v = malloc(cap * sizeof *v);
    char *const *envp;
    i64 r = -ENOMEM;

    br_va_from_call(&a, c, 2, 0, 0);
    if (v)
        v[0] = br_ptr(br_int(c, 1));
    while (v && v[n - 1]) {
        if (n == cap) {
            char **bigger = realloc(v, (cap *= 2) * sizeof *v);
            if (!bigger)
                free(v);
            v = bigger;
        }
        if (v)
            v[n++] = br_ptr(br_va_int(&a.va));
    }
    if (v) {
        br_sync_in(vars, 1);
        envp = env ? br_ptr(br_va_int(&a.va)) : environ;
        r = search ? exec_search(path, v, envp) : linux_execve(path, v, envp);
        free(v);
    }
    br_ret(c, (u32)libc_result(r));
}

void raw_execl(struct x86_cpu *c, void *fn)
{
    (void)fn;
    exec_list(c, false, false);
}

void raw_execlp(struct x86_cpu *c, void *fn)
{
    (void)fn;
    exec_list(c, true, false);
}

void raw_execle(struct x86_cpu *c, void *fn)
{
    (void)fn;
    exec_list(c, false, true);
}

/* ---- posix_spawn: our own action lists behind the guest's posix_spawn_file_actions_t (80 bytes)
 * ---- */

enum action { A_CLOSE, A_DUP2, A_OPEN, A_CHDIR, A_FCHDIR, A_CLOSEFROM, A_TCSETPGRP };

struct spawn_action {
    enum action what;
    int fd, to;
    int flags;
    mode_t mode;
    char *path;
};
struct spawn_actions {
    int allocated, used;
    struct spawn_action *list;
    int pad[16];
};
_Static_assert(sizeof(struct spawn_actions) == 80, "posix_spawn_file_actions_t of x86-64");

i32 my_posix_spawn_file_actions_init(void *actions)
{
    memset(actions, 0, sizeof(struct spawn_actions));
    return 0;
}

i32 my_posix_spawn_file_actions_destroy(void *actions)
{
    struct spawn_actions *a = actions;

    for (int i = 0; i < a->used; i++)
        free(a->list[i].path);
    free(a->list);
    memset(a, 0, sizeof *a);
    return 0;
}

static i32 add_action(struct spawn_actions *a, struct spawn_action new, const char *path)
{
    if (new.fd < 0)
        return EBADF;
    if (a->used == a->allocated) {
        int n = a->allocated ? a->allocated * 2 : 8;
        struct spawn_action *list = realloc(a->list, (size_t)n * sizeof *list);
        if (!list)
            return ENOMEM;
        a->list = list;
        a->allocated = n;
    }
    if (path && !(new.path = strdup(path)))
        return ENOMEM;
    a->list[a->used++] = new;
    return 0;
}

i32 my_posix_spawn_file_actions_addclose(void *a, i32 fd)
{
    return add_action(a, (struct spawn_action){.what = A_CLOSE, .fd = fd}, NULL);
}

i32 my_posix_spawn_file_actions_adddup2(void *a, i32 fd, i32 to)
{
    if (to < 0)
        return EBADF;
    return add_action(a, (struct spawn_action){.what = A_DUP2, .fd = fd, .to = to}, NULL);
}

i32 my_posix_spawn_file_actions_addopen(void *a, i32 fd, const char *path, i32 flags, u32 mode)
{
    return add_action(
        a, (struct spawn_action){.what = A_OPEN, .fd = fd, .flags = flags, .mode = mode}, path);
}

i32 my_posix_spawn_file_actions_addchdir_np(void *a, const char *path)
{
    return add_action(a, (struct spawn_action){.what = A_CHDIR}, path);
}

i32 my_posix_spawn_file_actions_addfchdir_np(void *a, i32 fd)
{
    return add_action(a, (struct spawn_action){.what = A_FCHDIR, .fd = fd}, NULL);
}

i32 my_posix_spawn_file_actions_addclosefrom_np(void *a, i32 fd)
{
    return add_action(a, (struct spawn_action){.what = A_CLOSEFROM, .fd = fd}, NULL);
}

i32 my_posix_spawn_file_actions_addtcsetpgrp_np(void *a, i32 fd)
{
    return add_action(a, (struct spawn_action){.what = A_TCSETPGRP, .fd = fd}, NULL);
}

static int spawn_open(const struct spawn_action *a)
{
    int fd;

    close(a->fd);
    fd = open(a->path, linux_open_flags_to_host(a->flags), a->mode);
    if (fd < 0 || fd == a->fd)
        return fd;
    if (dup2(fd, a->fd) < 0)
        return -1;
    return close(fd);
}

static int do_action(const struct spawn_action *a)
{
    switch (a->what) {
    case A_CLOSE: close(a->fd); return 0;
    case A_DUP2: return a->fd == a->to ? fcntl(a->fd, F_SETFD, 0) : dup2(a->fd, a->to);
    case A_OPEN: return spawn_open(a);
    case A_CHDIR: return chdir(a->path);
    case A_FCHDIR: return fchdir(a->fd);
    case A_CLOSEFROM: closefrom(a->fd); return 0;
    case A_TCSETPGRP: return tcsetpgrp(a->fd, getpgrp());
    }
    return -1;
}

static int apply_sched(const posix_spawnattr_t *attr, short flags)
{
    struct sched_param param;
    int policy;

    posix_spawnattr_getschedparam(attr, &param);
    posix_spawnattr_getschedpolicy(attr, &policy);
    if (flags & POSIX_SPAWN_SETSCHEDULER)
        return sched_setscheduler(0, policy, &param);
    return flags & POSIX_SPAWN_SETSCHEDPARAM ? sched_setparam(0, &param) : 0;
}

static void apply_signals(const posix_spawnattr_t *attr, short flags)
{
    static const struct guest_sigaction dfl;
    sigset_t set;
    u64 mask;

    if (flags & POSIX_SPAWN_SETSIGDEF) {
        posix_spawnattr_getsigdefault(attr, &set);
        for (int sig = 1; sig <= 64; sig++) {
            if (sigismember(&set, sig) == 1)
                sig_action(sig, &dfl, NULL);
        }
    }
    if (flags & POSIX_SPAWN_SETSIGMASK) {
        posix_spawnattr_getsigmask(attr, &set);
        memcpy(&mask, &set, sizeof mask);
        sig_procmask(SIG_SETMASK, &mask, NULL);
    }
}

static int apply_attr(const posix_spawnattr_t *attr)
{
    short flags = 0;
    pid_t group;

    if (!attr)
        return 0;
    posix_spawnattr_getflags(attr, &flags);
    apply_signals(attr, flags);
    if (apply_sched(attr, flags) < 0)
        return -1;
    if (flags & POSIX_SPAWN_SETSID && setsid() < 0)
        return -1;
    posix_spawnattr_getpgroup(attr, &group);
    if (flags & POSIX_SPAWN_SETPGROUP && setpgid(0, group) < 0)
        return -1;
    if (flags & POSIX_SPAWN_RESETIDS && (seteuid(getuid()) < 0 || setegid(getgid()) < 0))
        return -1;
    return 0;
}

static NORETURN void spawn_child(int report, const char *path, const struct spawn_actions *a,
                                 const posix_spawnattr_t *attr, char *const *argv,
                                 char *const *envp, bool search)
{
    int err = 0;

    if (apply_attr(attr) < 0)
        err = errno;
    for (int i = 0; a && !err && i < a->used; i++) {
        if (a->list[i].what != A_CLOSEFROM &&
            (a->list[i].fd == report || (a->list[i].what == A_DUP2 && a->list[i].to == report)))
            report = fcntl(report, F_DUPFD_CLOEXEC,
                           0); /* the action's descriptor is the guest's to name */
        if (do_action(&a->list[i]) < 0)
            err = errno;
    }
    if (!err)
        err = (int)-(search ? exec_search(path, argv, envp) : linux_execve(path, argv, envp));
    while (write(report, &err, sizeof err) < 0 && errno == EINTR)
        ;
    _exit(127);
}

/* The child reports what went wrong through a pipe that a successful exec closes. */
static i32 spawn(void *pid, const char *path, void *actions, void *attr, void *argv, void *envp,
                 bool search)
{
    int fds[2], err = 0;
    pid_t child;
    ssize_t n;

    if (pipe2(fds, O_CLOEXEC))
        return errno;
    child = my_fork();
    if (!child) {
        close(fds[0]);
        spawn_child(fds[1], path, actions, attr, argv, envp, search);
    }
    close(fds[1]);
    if (child < 0) {
        err = errno;
        close(fds[0]);
        return err;
    }
    while ((n = read(fds[0], &err, sizeof err)) < 0 && errno == EINTR)
        ;
    close(fds[0]);
    if (n > 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
        return err;
    }
    if (pid)
        *(pid_t *)pid = child;
    return 0;
}

i32 my_posix_spawn(void *pid, const char *path, void *actions, void *attr, void *argv, void *envp)
{
    return spawn(pid, path, actions, attr, argv, envp, false);
}

i32 my_posix_spawnp(void *pid, const char *path, void *actions, void *attr, void *argv, void *envp)
{
    return spawn(pid, path, actions, attr, argv, envp, true);
}

/* ---- the machine ---- */

i64 my_syscall(i64 nr, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f)
{
    return libc_syscall((u64)nr, (u64)a, (u64)b, (u64)c, (u64)d, (u64)e, (u64)f);
}

i32 my_arch_prctl(i32 code, u64 addr)
{
    return (i32)libc_syscall(X_ARCH_PRCTL, (u64)(i64)code, addr, 0, 0, 0, 0);
}

i32 my_prctl(i32 op, u64 a, u64 b, u64 c, u64 d)
{
    return (i32)libc_syscall(X_PRCTL, (u64)(i64)op, a, b, c, d, 0);
}

/* The three PEEK requests return the word; the system call stores it. */
i64 my_ptrace(i32 request, i32 pid, void *addr, void *data)
{
    u64 word = 0;
    bool peek = request >= 1 && request <= 3;
    i64 r = libc_syscall(X_PTRACE, (u64)(i64)request, (u64)(i64)pid, h2g(addr),
                         peek ? h2g(&word) : h2g(data), 0, 0);

    if (peek && r >= 0) {
        errno = 0;
        return (i64)word;
    }
    return r;
}

i32 my_personality(u64 p)
{
    return (i32)libc_syscall(X_PERSONALITY, p, 0, 0, 0, 0, 0);
}

i32 my_uname(void *u)
{
    return (i32)libc_syscall(X_UNAME, h2g(u), 0, 0, 0, 0, 0);
}

/* The guest's auxiliary vector lies behind the environment that it was started with. */
u64 my_getauxval(u64 type)
{
    const u64 *p = br_ptr(ld_u64(my__dl_argv));

    if (!p) {
        errno = ENOENT;
        return 0;
    }
    while (*p)
        p++;
    for (p++; *p; p++)
        ;
    for (p++; p[0]; p += 2) {
        if (p[0] == type)
            return p[1];
    }
    errno = ENOENT;
    return 0;
}

i64 my_sysconf(i32 name)
{
    if (name == _SC_PAGESIZE)
        return 4096;
    return sysconf(name);
}

i32 my_getpagesize(void)
{
    return 4096;
}
