/* fork, vfork and clone in hot code: parent and child go on in translated code of their own. Prints
 * what a CPU prints. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned work(unsigned n)
{
    unsigned v = 1;

    for (unsigned i = 0; i < n; i++)
        v = v * 1664525 + 1013904223 + (v >> 7);
    return v;
}

static int cmp(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Calls through pointers and callbacks: hot in the parent, and again in the child. */
static unsigned mixed(unsigned n)
{
    int v[64];
    unsigned r = 0;

    for (unsigned k = 0; k < n; k++) {
        for (int i = 0; i < 64; i++)
            v[i] = (int)(work(i + k) % 1000);
        qsort(v, 64, sizeof *v, cmp);
        r += (unsigned)v[k % 64] + (unsigned)strlen("abc");
    }
    return r;
}

static int status_of(pid_t pid)
{
    int st = 0;

    waitpid(pid, &st, 0);
    return WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st);
}

int main(void)
{
    unsigned sum = 0, in_child = 0;

    setbuf(stdout, NULL);
    sum += mixed(100);
    for (int i = 0; i < 60; i++) { /* often enough for fork() itself to be called by hot code */
        pid_t pid = fork();

        if (!pid)
            _exit((int)(mixed(i % 5 ? 1 : 40) & 63));
        sum += mixed(2);
        in_child += (unsigned)status_of(pid);
    }
    printf("fork %u %u\n", sum, in_child);
    in_child = 0;
    for (int i = 0; i < 40; i++) {
        volatile unsigned shared = 1;
        pid_t pid = vfork();

        if (!pid)
            _exit((int)(work(5000) & 63));
        in_child += (unsigned)status_of(pid) + (shared & 1);
        sum += mixed(2);
    }
    printf("vfork %u %u\n", sum, in_child);
    in_child = 0;
    for (int i = 0; i < 30; i++) {
        pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

        if (!pid) { /* and a grandchild */
            pid_t p2 = fork();

            if (!p2)
                _exit((int)(mixed(3) & 31));
            _exit(status_of(p2) + (int)(work(3000) & 31));
        }
        in_child += (unsigned)status_of(pid);
    }
    printf("clone %u\n", in_child);
    return 0;
}
