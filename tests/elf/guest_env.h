/*
 * guest_env.h - what the tests of engine/elf run on: the real interpreter, bridges and map; one
 * wrapped library, libnative.so.1, made up here. Each scenario is a forked child, because a process
 * has one guest program.
 */
#ifndef TESTS_ELF_GUEST_ENV_H
#define TESTS_ELF_GUEST_ENV_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/bridge.h"
#include "elf/elf.h"
#include "harness.h"

extern const char *guest_dir; /* where guest/build.sh put its files */
extern int native_var_value;
extern struct x86_exc guest_exc; /* the exception that ended guest_run */

/* Rooms up; cfg.ld_library_path = guest_dir/libs. */
struct thr *guest_start(const char *libs);
/* Loads guest_dir/name in native-libc mode with two arguments. Returns elf_load_program's result.
 */
int guest_load(struct thr *t, const char *name, bool native);
/* Runs from the entry point to the first exception. */
void guest_run(struct thr *t);
/* Calls a function of the guest by name through dl_symbol. */
u64 guest_call(const char *name, unsigned nargs, ...);
gaddr guest_symbol(const char *name);

/*
 * Runs fn in a child; 99 if its checks failed, else what it exited with. Its stderr is put into err
 * (may be NULL). In the header because each source file has its own harness counters.
 */
static inline int in_child(void (*fn)(void), char *err, size_t size)
{
    int pipe_fd[2], status = -1, before = harness_failed;
    size_t n = 0;
    ssize_t got;
    pid_t pid;

    fflush(stdout);
    if (pipe(pipe_fd))
        return -1;
    pid = fork();
    if (!pid) {
        if (err)
            dup2(pipe_fd[1], 2);
        close(pipe_fd[0]);
        close(pipe_fd[1]);
        fn();
        fflush(stdout);
        _exit(harness_failed > before ? 99 : 0);
    }
    close(pipe_fd[1]);
    while (err && n + 1 < size && (got = read(pipe_fd[0], err + n, size - 1 - n)) > 0)
        n += (size_t)got;
    if (err)
        err[n] = 0;
    close(pipe_fd[0]);
    waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) < 90 || WEXITSTATUS(status) >= 99);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

#endif
