/* Children, environment, option parsing, exit handlers. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void at_end(void)
{
    printf("atexit 1\n");
}

static void at_end2(void)
{
    printf("atexit 2\n");
}

static void at_end3(int status, void *arg)
{
    printf("on_exit %d %s\n", status, (char *)arg);
}

static void wait_for(const char *what, pid_t pid)
{
    int st = -1;
    if (pid > 0)
        waitpid(pid, &st, 0);
    printf("%s %d %d\n", what, pid > 0, WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st));
}

static void children(const char *self)
{
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    char *argv[] = {(char *)self, (char *)"child", (char *)"a b", NULL}, buf[256];
    char *envp[] = {(char *)"CHILD_ENV=yes", NULL};
    int fds[2];
    pid_t pid;
    ssize_t n;
    FILE *f;

    fflush(stdout);
    pid = fork();
    if (!pid)
        _exit(21);
    wait_for("fork", pid);
    pid = fork();
    if (!pid) {
        execl(self, self, "child", "x", (char *)NULL);
        _exit(99);
    }
    wait_for("execl", pid);
    pid = fork();
    if (!pid) {
        execle(self, self, "child", "env", (char *)NULL, envp);
        _exit(99);
    }
    wait_for("execle", pid);
    pid = vfork();
    if (!pid) {
        execv(self, argv);
        _exit(98);
    }
    wait_for("vfork", pid);
    pid = vfork();
    if (!pid)
        _exit(5);
    wait_for("vfork exit", pid);
    if (pipe(fds))
        return;
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, fds[1], 1);
    posix_spawn_file_actions_addclose(&fa, fds[0]);
    posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_init(&at);
    posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP);
    printf("spawn %d\n", posix_spawn(&pid, self, &fa, &at, argv, envp));
    close(fds[1]);
    n = read(fds[0], buf, sizeof buf - 1);
    buf[n > 0 ? n : 0] = 0;
    printf("piped: %s", buf);
    wait_for("spawned", pid);
    printf("spawn missing %d\n", posix_spawn(&pid, "/no/such", NULL, NULL, argv, envp) == ENOENT);
    printf("spawnp %d\n", posix_spawnp(&pid, "true", NULL, NULL, argv, environ));
    wait_for("spawnp", pid);
    fflush(stdout);
    setenv("POPEN_VAR", "seen", 1);
    f = popen("echo $POPEN_VAR popen", "r");
    if (f && fgets(buf, sizeof buf, f))
        printf("%s", buf);
    printf("pclose %d system %d\n", pclose(f), WEXITSTATUS(system("exit 4")));
    execl("/no/such/file", "x", (char *)NULL);
    printf("exec failed %d\n", errno == ENOENT);
}

static void environment(void)
{
    char *mine[] = {(char *)"A=1", (char *)"B=2", NULL};
    setenv("NEW_VAR", "v1", 1);
    putenv((char *)"PUT=here");
    printf("%s %s %d\n", getenv("NEW_VAR"), getenv("PUT"), getenv("NOPE") == NULL);
    environ = mine;
    printf("%s %d\n", getenv("B"), getenv("NEW_VAR") == NULL);
    setenv("C", "3", 1);
    printf("%s %s\n", environ[2], getenv("A"));
    clearenv();
    printf("%d\n", environ == NULL || *environ == NULL);
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    printf("%s %s %ld %d\n", tzname[0], tzname[1], timezone, daylight);
}

static void options(void)
{
    char *argv[] = {(char *)"p",        (char *)"-a",   (char *)"-b",     (char *)"val",
                    (char *)"--long=7", (char *)"stay", (char *)"--flag", NULL};
    int flag = 0, c;
    struct option lo[] = {{"long", 1, 0, 'l'}, {"flag", 0, &flag, 9}, {0, 0, 0, 0}};
    opterr = 0;
    while ((c = getopt_long(7, argv, "ab:q", lo, NULL)) != -1)
        printf("opt %c %s %d\n", c ? c : '0', optarg ? optarg : "-", optind);
    printf("rest %s flag %d optind %d\n", argv[optind], flag, optind);
    optind = 1;
    while ((c = getopt(7, argv, "+a")) != -1)
        printf("again %c optopt %c\n", c, optopt ? optopt : '-');
}

int main(int argc, char **argv)
{
    struct utsname u;
    if (argc > 1 && !strcmp(argv[1], "child")) {
        printf("child %s %s\n", argc > 2 ? argv[2] : "",
               getenv("CHILD_ENV") ? getenv("CHILD_ENV") : "none");
        return 17;
    }
    uname(&u);
    printf("%s %ld %s %d %s\n", u.machine, sysconf(_SC_PAGESIZE), (char *)getauxval(AT_PLATFORM),
           getpagesize(),
           strrchr(program_invocation_name, '/') ? strrchr(program_invocation_name, '/') + 1
                                                 : program_invocation_name);
    printf("%s %d\n", program_invocation_short_name, (int)(getauxval(AT_PAGESZ)));
    children(argv[0]);
    environment();
    options();
    atexit(at_end);
    atexit(at_end2);
    on_exit(at_end3, (void *)"arg");
    exit(9);
}
