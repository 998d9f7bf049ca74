/*
 * libc_shell.c - system, popen, wordexp: the shell is a program of the guest like any other
 * (linux_execve decides how it runs), which the native libc's own spawn could not know.
 */
#include "libc.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#define SHELL "/bin/sh"

extern char **environ;

/* 127: what a shell that cannot be run looks like. `file` becomes descriptor `as` of the shell. */
static i32 shell(const char *command, void *attr, int file, int as, pid_t *pid)
{
    const char *argv[] = {"sh", "-c", command, NULL};
    u64 actions[10]; /* the guest's posix_spawn_file_actions_t */
    i32 err = my_posix_spawn_file_actions_init(actions);

    if (!err && file >= 0)
        err = my_posix_spawn_file_actions_adddup2(actions, file, as);
    if (!err)
        err = my_posix_spawn(pid, SHELL, actions, attr, argv, environ);
    my_posix_spawn_file_actions_destroy(actions);
    return err;
}

/* ---- system: SIGINT and SIGQUIT are ignored while at least one of them waits ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int waiting;
static struct guest_sigaction old_int, old_quit;

static void ignore_interrupts(void)
{
    static const struct guest_sigaction ignore = {.handler = 1 /* SIG_IGN */};

    pthread_mutex_lock(&lock);
    if (!waiting++) {
        sig_action(SIGINT, &ignore, &old_int);
        sig_action(SIGQUIT, &ignore, &old_quit);
    }
    pthread_mutex_unlock(&lock);
}

static void restore_interrupts(void)
{
    pthread_mutex_lock(&lock);
    if (!--waiting) {
        sig_action(SIGINT, &old_int, NULL);
        sig_action(SIGQUIT, &old_quit, NULL);
    }
    pthread_mutex_unlock(&lock);
}

/* The shell has the caller's mask and dispositions, not system's own. */
static void set_attr(posix_spawnattr_t *attr, u64 mask)
{
    sigset_t host, dfl;

    sigemptyset(&host);
    memcpy(&host, &mask, sizeof mask);
    sigemptyset(&dfl);
    if (old_int.handler != 1)
        sigaddset(&dfl, SIGINT);
    if (old_quit.handler != 1)
        sigaddset(&dfl, SIGQUIT);
    posix_spawnattr_init(attr);
    posix_spawnattr_setsigmask(attr, &host);
    posix_spawnattr_setsigdefault(attr, &dfl);
    posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

i32 my_system(const char *command)
{
    const u64 chld = 1ull << (SIGCHLD - 1);
    posix_spawnattr_t attr;
    i32 status = -1, err;
    u64 mask;
    pid_t pid;

    if (!command)
        return my_system("exit 0") == 0;
    ignore_interrupts();
    sig_procmask(SIG_BLOCK, &chld, &mask);
    set_attr(&attr, mask);
    err = shell(command, &attr, -1, -1, &pid);
    posix_spawnattr_destroy(&attr);
    if (err)
        status = err == ENOMEM || err == EAGAIN ? -1 : 127 << 8;
    while (!err && waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            err = errno;
            status = -1;
        }
    }
    restore_interrupts();
    sig_procmask(SIG_SETMASK, &mask, NULL);
    if (status == -1)
        errno = err;
    return status;
}

/* ---- popen ---- */

struct stream {
    struct stream *next;
    FILE *file;
    pid_t pid;
};

static struct stream *streams;

/* Close-on-exec with and without 'e': so no later child holds the pipe open, as popen(3) wants. */
static i32 stream_open(struct stream *s, const char *command, bool reads)
{
    int fds[2], mine, theirs;
    i32 err;

    if (pipe2(fds, O_CLOEXEC))
        return errno;
    mine = fds[reads ? 0 : 1];
    theirs = fds[reads ? 1 : 0];
    err = shell(command, NULL, theirs, reads ? 1 : 0, &s->pid);
    close(theirs);
    s->file = err ? NULL : fdopen(mine, reads ? "r" : "w");
    if (!s->file)
        close(mine);
    return err;
}

void *my_popen(const char *command, const char *mode)
{
    const bool reads = strchr(mode, 'r'), writes = strchr(mode, 'w');
    struct stream *s;
    i32 err;

    if (reads == writes || mode[strspn(mode, "rwe")]) {
        errno = EINVAL;
        return NULL;
    }
    s = malloc(sizeof *s);
    if (!s)
        return NULL;
    err = stream_open(s, command, reads);
    if (err) {
        free(s);
        errno = err;
        return NULL;
    }
    pthread_mutex_lock(&lock);
    s->next = streams;
    streams = s;
    pthread_mutex_unlock(&lock);
    return s->file;
}

/* A stream closed by fclose leaves its entry; the newest one of an address is the right one. */
static pid_t forget(FILE *file)
{
    pid_t pid = -1;

    pthread_mutex_lock(&lock);
    for (struct stream **at = &streams; *at; at = &(*at)->next) {
        struct stream *s = *at;
        if (s->file == file) {
            pid = s->pid;
            *at = s->next;
            free(s);
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return pid;
}

i32 my_pclose(void *file)
{
    const pid_t pid = forget(file);
    i32 status = -1;

    if (pid < 0)
        return pclose(file);
    fclose(file);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return status;
}

/* ---- wordexp: where there is a $(command), the guest's shell does all of the expansion ---- */

/* What may not be outside of quotes and substitutions. libc has seen to it that these are closed.
 */
static bool is_plain(const char *s)
{
    char quote = 0;
    int depth = 0;

    for (; *s; s++) {
        if (*s == '\\' && quote != '\'')
            s += s[1] != 0;
        else if (quote)
            quote = *s == quote ? 0 : quote;
        else if (*s == '"' || *s == '\'' || *s == '`')
            quote = *s;
        else if (*s == '$' && (s[1] == '(' || s[1] == '{'))
            depth++, s++;
        else if (depth && (*s == '(' || *s == '{'))
            depth++;
        else if (depth && (*s == ')' || *s == '}'))
            depth--;
        else if (!depth && strchr("|&;<>(){}\n", *s))
            return false;
    }
    return true;
}

/* Adds a copy of a word, NULL at the end, in memory that the native wordfree() frees. */
static int add_word(wordexp_t *to, size_t lead, const char *word)
{
    char **v = realloc(to->we_wordv, (lead + to->we_wordc + 2) * sizeof *v);
    char *copy = v ? strdup(word) : NULL;

    if (v)
        to->we_wordv = v;
    if (!copy)
        return WRDE_NOSPACE;
    v[lead + to->we_wordc++] = copy;
    v[lead + to->we_wordc] = NULL;
    return 0;
}

/* The first word that the shell prints stands for none. */
static int shell_words(const char *words, int flags, wordexp_t *to, size_t lead)
{
    size_t room = 0, n = 0;
    char *command = NULL, *word = NULL;
    int err = 0;
    FILE *f = NULL;

    if (asprintf(&command, "%s%sprintf '%%s\\0' x %s", flags & WRDE_UNDEF ? "set -u; " : "",
                 flags & WRDE_SHOWERR ? "" : "exec 2>/dev/null; ", words) > 0)
        f = my_popen(command, "r");
    free(command);
    while (f && !err && getdelim(&word, &room, 0, f) > 0)
        err = n++ ? add_word(to, lead, word) : 0;
    free(word);
    if (!f)
        return WRDE_NOSPACE;
    if ((my_pclose(f) || !n) && !err)
        err = flags & WRDE_UNDEF ? WRDE_BADVAL : WRDE_SYNTAX;
    return err;
}

i32 my_wordexp(const char *words, void *result, i32 flags)
{
    wordexp_t look = {0}, *to = result;
    size_t lead = flags & WRDE_DOOFFS ? to->we_offs : 0;
    i32 err = wordexp(words, &look, (flags & WRDE_UNDEF) | WRDE_NOCMD);

    if (!err)
        wordfree(&look);
    if (err != WRDE_CMDSUB || (flags & WRDE_NOCMD))
        return wordexp(words, to, flags);
    if (!is_plain(words))
        return WRDE_BADCHAR;
    /* Makes the offsets and what REUSE and APPEND ask for. */
    err = wordexp("", to, flags);
    return err ? err : shell_words(words, flags, to, lead);
}
