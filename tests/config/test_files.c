/*
 * test_files.c - the profile files of a machine: which are read, in which order, and that the
 * shipped one has nothing wrong in it. Its own program, because files are read once a process: each
 * case is a child process.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"
#include "config/config.h"
#include "config/layer.h"
#include "harness.h"

static unsigned warning_count;

static void count_warning(const char *text)
{
    warning_count++;
    printf("  complaint: %s\n", text);
}

static void write_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

/* The checks of a child count as one here. */
static void in_child(void (*check)(void))
{
    int status = -1;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (!pid) {
        char a0[] = "box64", a1[] = "prog";
        char *argv[] = {a0, a1, NULL};
        char **v = argv;
        int argc = 2;

        harness_failed = 0;
        cfg_init(&argc, &v);
        cfg_resolve("./prog");
        check();
        fflush(stdout);
        _exit(harness_failed != 0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
}

/* The built-in file knows the engine by the file beside the program. */
static void check_home(void)
{
    CHECK_EQ(cfg.maxcpu, 5);
    CHECK_EQ(cfg.dynarec_strongmem, 1);
    CHECK_EQ(cfg.dynarec_safeflags, 1);
    CHECK_EQ(warning_count, 0);
}

static void check_only(void)
{
    CHECK_EQ(cfg.maxcpu, 6);
    CHECK_EQ(cfg.dynarec_strongmem, 0);
    CHECK_EQ(warning_count, 0);
}

static void check_missing(void)
{
    CHECK_EQ(cfg.maxcpu, 0);
    CHECK_EQ(warning_count, 1);
}

static void check_preset(void)
{
    CHECK_EQ(cfg.maxcpu, 0);
    CHECK_EQ(cfg.dynarec_safeflags, 2);
    CHECK_EQ(cfg.dynarec_fastnan, 0); /* exact unless asked otherwise */
    CHECK_EQ(cfg.dynarec_fastround, 0);
    CHECK_EQ(warning_count, 0);
}

static void check_fast(void)
{
    CHECK_EQ(cfg.dynarec_safeflags, 0);
    CHECK_EQ(cfg.dynarec_fastnan, 1);
    CHECK_EQ(cfg.dynarec_fastround, 1);
    CHECK_EQ(warning_count, 0);
}

static void test_which_files(void)
{
    clearenv();
    setenv("HOME", ".", 1);
    in_child(check_home);
    setenv("BOX64_RCFILE", "only.rc", 1);
    in_child(check_only);
    setenv("BOX64_RCFILE", "no-such.rc", 1);
    in_child(check_missing);
    setenv("BOX64_RCFILE", ".", 1);
    in_child(check_missing);
    unsetenv("BOX64_RCFILE");
    setenv("BOX64_NORCFILES", "1", 1);
    setenv("BOX64_PROFILE", "safest", 1);
    in_child(check_preset);
    setenv("BOX64_PROFILE", "fast", 1);
    in_child(check_fast);
}

/* All of it is looked at here; at run time only sections that hold are. */
static void check_built_in(void)
{
    const struct cfg_file *files;
    struct cfg_file built_in;

    CHECK(cfg_files(&files) >= 1);
    built_in = files[0];
    CHECK(built_in.text.n > 100);
    built_in.report = true;
    cfg_use_files(&built_in, 1);
    cfg_resolve("/nowhere/prog");
    CHECK_EQ(warning_count, 0);
}

static void test_shipped(void)
{
    clearenv();
    in_child(check_built_in);
}

int main(void)
{
    char dir[] = "test-files-XXXXXX";

    cfg_warn_hook = count_warning;
    CHECK(mkdtemp(dir) && !chdir(dir));
    write_file(".box64rc", "[prog]\nBOX64_MAXCPU=5\n");
    write_file("only.rc", "[prog]\nBOX64_MAXCPU=6\n");
    write_file("UnityPlayer.so", "");
    RUN(test_which_files);
    RUN(test_shipped);
    unlink(".box64rc");
    unlink("only.rc");
    unlink("UnityPlayer.so");
    CHECK(!chdir("..") && !rmdir(dir));
    return harness_done();
}
