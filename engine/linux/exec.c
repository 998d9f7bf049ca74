/*
 * exec.c - execve as the guest means it. x86-64 programs and the scripts they interpret start this
 * emulator again, with the options it was started with; everything else is the host kernel's
 * business. Works before the rooms above are up (main runs scripts through it), in threads and in
 * vfork children.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/heap.h"
#include "elf/elf.h"
#include "linux/local.h"
#include "linux/policy.h"
#include "linux/trace.h"

#define ARGV0_OPTION "--argv0"
#define TRACED_OPTION "--traced"
#define FILTERS_OPTION "--filters" /* a descriptor, see policy_save */
#define SCRIPT_DEPTH 4             /* of the kernel */
#define SCRIPT_LINE 256

static char self[PATH_MAX];
static char *const *options;
static int option_count;
static int filters_fd = -1;
static bool traced;
/* The new argument array. In a vfork child it lies in the parent's memory, and the parent (same
 * TLS) frees it. */
static __thread void *scratch;

char *linux_take_args(int *argc, char ***argv)
{
    char **v = *argv, **kept, *argv0 = NULL;
    int n = 1, out = 1;

    while (n < *argc && v[n][0] == '-' && v[n][1]) {
        if (!strcmp(v[n], ARGV0_OPTION) && n + 2 < *argc) {
            argv0 = v[n + 1];
            n += 2;
            continue;
        }
        if (!strcmp(v[n], TRACED_OPTION)) {
            traced = true;
            setenv("BOX64_LIBC", "guest", 1); /* debuggers look for an ld.so and its lists */
            n++;
            continue;
        }
        if (!strcmp(v[n], FILTERS_OPTION) && n + 2 < *argc) {
            filters_fd = atoi(v[n + 1]);
            n += 2;
            continue;
        }
        if (!strcmp(v[n], "--"))
            break;
        v[out++] = v[n++];
    }
    kept = calloc((size_t)out + 1, sizeof *kept);
    if (kept) {
        memcpy(kept, v + 1, (size_t)(out - 1) * sizeof *kept);
        options = kept;
        option_count = out - 1;
    }
    while (n <= *argc)
        v[out++] = v[n++];
    *argc = out - 1;
    return argv0;
}

bool exec_is_traced(void)
{
    return traced;
}

void exec_take_filters(void)
{
    if (filters_fd >= 0)
        policy_load(filters_fd);
}

/* The emulator's own file. It must be known before a guest changes root or the file is moved. */
const char *exec_self(void)
{
    ssize_t n;

    if (!self[0]) {
        n = readlink("/proc/self/exe", self, sizeof self - 1);
        self[n > 0 ? n : 0] = 0;
    }
    return self[0] ? self : "box64";
}

void exec_forget_scratch(void)
{
    heap_free(scratch);
    scratch = NULL;
}

static i64 host_exec(const char *path, char *const argv[], char *const envp[])
{
    bool guest = thr_self() && thr_self()->sig;
    i64 r;

    if (guest)
        sig_prepare_exec();
    r = host_syscall(__NR_execve, h2g(path), h2g(argv), h2g(envp), 0, 0, 0);
    if (guest)
        sig_exec_failed();
    return r;
}

static int count(char *const argv[])
{
    int n = 0;

    while (argv && argv[n])
        n++;
    return n;
}

/* box64 [options] [--traced] [--filters FD] --argv0 ARGV0 PATH ARGS: PATH with a slash, so that it
 * is not searched. */
static i64 exec_ourselves(const char *path, char *const argv[], char *const envp[])
{
    int n = count(argv), k = 0;
    char **v = heap_alloc(((size_t)n + (size_t)option_count + 11) * sizeof *v + strlen(path) + 3);
    char *name, number[16];
    int filters;
    i64 r;

    if (!v)
        return -ENOMEM;
    exec_forget_scratch();
    scratch = v;
    filters = policy_save();
    name = (char *)(v + n + option_count + 11);
    sprintf(name, "%s%s", strchr(path, '/') && path[0] != '-' ? "" : "./", path);
    v[k++] = (char *)(uintptr_t)exec_self();
    for (int i = 0; i < option_count; i++)
        v[k++] = options[i];
    if (thr_self() && thr_self()->trace)
        v[k++] = (char *)(uintptr_t)TRACED_OPTION;
    if (filters >= 0) {
        snprintf(number, sizeof number, "%d", filters);
        v[k++] = (char *)(uintptr_t)FILTERS_OPTION;
        v[k++] = number;
    }
    v[k++] = (char *)(uintptr_t)ARGV0_OPTION;
    v[k++] = n ? argv[0] : (char *)(uintptr_t) "";
    v[k++] = name;
    for (int i = 1; i < n; i++)
        v[k++] = argv[i];
    v[k] = NULL;
    r = host_exec(exec_self(), v, envp);
    if (filters >= 0)
        close(filters);
    exec_forget_scratch();
    return r;
}

static i64 may_execute(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
        return S_ISREG(st.st_mode) ? -errno : -EACCES;
    return 0;
}

/* Splits "#! interpreter [argument]" in place. False: no such line. */
static bool script_line(const char *path, char *line, char **interp, char **arg)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, line, SCRIPT_LINE - 1);
    char *p, *end;

    if (fd >= 0)
        close(fd);
    if (n < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[n] = 0;
    line[strcspn(line, "\n")] = 0;
    p = line + 2 + strspn(line + 2, " \t");
    end = p + strlen(p);
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = 0;
    *interp = p;
    p += strcspn(p, " \t");
    *arg = *p ? p + 1 + strspn(p + 1, " \t") : NULL;
    *p = 0;
    return **interp != 0;
}

static i64 exec_depth(const char *path, char *const argv[], char *const envp[], int depth);

static i64 exec_script(const char *path, char *const argv[], char *const envp[], int depth)
{
    char line[SCRIPT_LINE], *interp, *arg, **v;
    int n = count(argv), k = 0;
    i64 r;

    if (!script_line(path, line, &interp, &arg))
        return -ENOEXEC;
    if (depth >= SCRIPT_DEPTH)
        return -ELOOP;
    v = heap_alloc(((size_t)n + 4) * sizeof *v);
    if (!v)
        return -ENOMEM;
    v[k++] = interp;
    if (arg)
        v[k++] = arg;
    v[k++] = (char *)(uintptr_t)path;
    for (int i = 1; i < n; i++)
        v[k++] = argv[i];
    v[k] = NULL;
    r = exec_depth(interp, v, envp, depth + 1);
    heap_free(v);
    return r;
}

static i64 exec_depth(const char *path, char *const argv[], char *const envp[], int depth)
{
    struct elf_id id;
    i64 r;

    if (proc_view_of(path) == VIEW_EXE)
        path = proc_exe();
    r = may_execute(path);
    if (r < 0)
        return r;
    r = elf_probe(path, &id);
    if (r < 0)
        return r;
    switch (id.kind) {
    case ELF_X86_64_STATIC:
    case ELF_X86_64_DYNAMIC: return exec_ourselves(path, argv, envp);
    case ELF_NOT_ELF:
    case ELF_TRUNCATED: /* a script shorter than an ELF header */
        return exec_script(path, argv, envp, depth);
    default: return host_exec(path, argv, envp);
    }
}

i64 linux_execve(const char *path, char *const argv[], char *const envp[])
{
    tracee_execs(thr_self());
    return exec_depth(path, argv, envp, 0);
}

/* A NULL-ended pointer array of the guest that can be walked without a fault. */
static bool readable_array(u64 at)
{
    u64 p;

    if (!at)
        return true;
    do {
        if (!sig_read(&p, at, 8))
            return false;
        at += 8;
    } while (p);
    return true;
}

i64 exec_guest(struct x86_cpu *c, const char *path, u64 argv, u64 envp)
{
    (void)c;
    if (!readable_array(argv) || !readable_array(envp))
        return -EFAULT;
    return exec_depth(path, g2h(argv), g2h(envp), 0);
}

i64 sys_execve(struct x86_cpu *c, const u64 *a)
{
    char path[GUEST_PATH_MAX];
    i64 r = sig_read_str(path, a[0], sizeof path);

    if (r < 0)
        return r;
    if (!r)
        return -ENOENT;
    return exec_guest(c, path, a[1], a[2]);
}

/* A file that is open: by its name if that still leads to it, else by a descriptor that stays open
 * across the exec. */
static i64 fd_path(int fd, char *path, size_t size)
{
    char link[64];
    struct stat a, b;
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, size - 1);
    if (n < 0)
        return fcntl(fd, F_GETFD) < 0 ? -EBADF : -ENOENT;
    path[n] = 0;
    if (!stat(path, &a) && !fstat(fd, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev)
        return 0;
    fd = dup(fd);
    if (fd < 0)
        return -errno;
    snprintf(path, size, "/proc/self/fd/%d", fd);
    return 0;
}

i64 sys_execveat(struct x86_cpu *c, const u64 *a)
{
    char name[GUEST_PATH_MAX], path[2 * GUEST_PATH_MAX];
    struct stat st;
    i64 r = sig_read_str(name, a[1], sizeof name);

    if (r < 0)
        return r;
    if (a[4] & ~(u64)(GUEST_AT_EMPTY_PATH | GUEST_AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    if (!name[0] && !(a[4] & GUEST_AT_EMPTY_PATH))
        return -ENOENT;
    if (!name[0]) {
        r = fd_path((int)a[0], path, sizeof path);
        if (r < 0)
            return r;
    } else if (name[0] == '/' || (int)a[0] == GUEST_AT_FDCWD) {
        snprintf(path, sizeof path, "%s", name);
    } else {
        snprintf(path, sizeof path, "/proc/self/fd/%d/%s", (int)a[0], name);
    }
    if ((a[4] & GUEST_AT_SYMLINK_NOFOLLOW) && name[0] && !lstat(path, &st) && S_ISLNK(st.st_mode))
        return -ELOOP;
    return exec_guest(c, path, a[2], a[3]);
}
