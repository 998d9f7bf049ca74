/* A program with its own malloc: what libc functions allocate for it, it must be able to free.
 * Blocks carry a mark that free looks for. */
#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define MARK 0x6d61726b6d61726bull

struct block {
    uint64_t mark, size;
};

static char pool[4 << 20] __attribute__((aligned(16)));
static size_t used;
static volatile int foreign, freed; /* compilers know what free cannot change */

void *malloc(size_t n)
{
    struct block *b;
    size_t at = __atomic_fetch_add(&used, (n + sizeof *b + 15) & ~(size_t)15, __ATOMIC_RELAXED);

    if (at + n + sizeof *b > sizeof pool)
        return NULL;
    b = (struct block *)(pool + at);
    b->mark = MARK;
    b->size = n;
    return b + 1;
}

static struct block *ours(void *p)
{
    struct block *b = (struct block *)p - 1;

    if ((char *)p > pool && (char *)p < pool + sizeof pool && b->mark == MARK)
        return b;
    foreign++;
    return NULL;
}

void free(void *p)
{
    struct block *b = p ? ours(p) : NULL;

    if (b) {
        b->mark = 0;
        freed++;
    }
}

void *calloc(size_t n, size_t m)
{
    return malloc(n * m); /* blocks are never used again: zero */
}

void *realloc(void *p, size_t n)
{
    struct block *b = p ? ours(p) : NULL;
    void *q = malloc(n);

    if (b && q) {
        memcpy(q, p, b->size < n ? b->size : n);
        free(p);
    }
    return q;
}

static void check(const char *what, void *p)
{
    int bad = foreign, good = freed;
    free(p);
    printf("%s: %s\n", what, foreign == bad && freed == good + 1 ? "ours" : "foreign");
}

static int vas(char **out, const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vasprintf(out, format, ap);
    va_end(ap);
    return n;
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void lines(void)
{
    char *line = NULL;
    size_t room = 0;
    FILE *f = tmpfile();

    for (int i = 0; i < 5; i++)
        fprintf(f, "%0*d;%d\n", i * 70 + 1, i, i);
    rewind(f);
    for (int i = 0; i < 2; i++) {
        ssize_t n = getline(&line, &room, f);
        printf("getline %zd %zu %d\n", n, strlen(line), room > strlen(line));
    }
    while (getdelim(&line, &room, ';', f) > 0)
        printf("getdelim %zu\n", strlen(line));
    printf("end %d\n", feof(f));
    fclose(f);
    check("getline", line);
    line = malloc(4);
    room = 4;
    f = fopen("/proc/self/status", "r");
    printf("%d\n", getline(&line, &room, f) > 4);
    fclose(f);
    check("grown", line);
}

/* A folder that nobody else changes. */
static void scan_own(void)
{
    char dir[] = "/tmp/ownmallocXXXXXX", name[64];
    struct dirent **list;
    int n;

    if (!mkdtemp(dir))
        return;
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%s/%s%d", dir, i < 2 ? "." : "f", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    n = scandir(dir, &list, visible, alphasort);
    printf("scandir %d\n", n);
    check("entry", list[0]);
    check("list", list);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%s/%s%d", dir, i < 2 ? "." : "f", i);
        unlink(name);
    }
    rmdir(dir);
}

int main(void)
{
    void *frames[4];
    char *s, cwd[4096];
    int n;

    setvbuf(stdout, malloc(4096), _IOFBF, 4096);
    s = strdup("some text");
    puts(s);
    check("strdup", s);
    s = strndup("some text", 4);
    puts(s);
    check("strndup", s);
    check("wcsdup", wcsdup(L"wide"));
    printf("%d ", asprintf(&s, "%d %s %.3f %Lg", 42, "x", 1.5, 2.5L));
    puts(s);
    check("asprintf", s);
    printf("%d ", vas(&s, "%d-%d-%d-%d-%d-%d-%g", 1, 2, 3, 4, 5, 6, 7.0));
    puts(s);
    check("vasprintf", s);
    getcwd(cwd, sizeof cwd);
    s = getcwd(NULL, 0);
    printf("%d\n", strcmp(s, cwd));
    check("getcwd", s);
    check("get_current_dir_name", get_current_dir_name());
    s = realpath("/proc/../etc/./passwd", NULL);
    puts(s);
    check("realpath", s);
    check("realpath of the program", realpath("/proc/self/exe", NULL));
    check("canonicalize_file_name", canonicalize_file_name("/etc"));
    errno = 0;
    s = realpath("/no/such", NULL);
    printf("%p %d\n", (void *)s, errno);
    s = reallocarray(NULL, 3, 5);
    s = reallocarray(s, 30, 5);
    check("reallocarray", s);
    errno = 0;
    s = reallocarray(NULL, (size_t)-1, 5);
    printf("%p %d\n", (void *)s, errno == ENOMEM);
    scan_own();
    n = backtrace(frames, 4);
    check("backtrace_symbols", backtrace_symbols(frames, n));
    lines();
    printf("foreign %d\n", foreign);
    return 0;
}
