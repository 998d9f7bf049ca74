/* stdio.h: streams of every kind, formats, positions, buffering, errors; directories and files. */
#include "../../left_out.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <printf.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <wchar.h>

#define N(x) printf("%s = %ld\n", #x, (long)(x))

static char dir[] = "/tmp/areaXXXXXX", path[100];

static const char *in(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int vf(FILE *f, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vfprintf(f, fmt, ap);
    va_end(ap);
    return n;
}

static int vs(const char *text, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsscanf(text, fmt, ap);
    va_end(ap);
    return n;
}

static int vout(const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vprintf(fmt, ap);
    va_end(ap);
    return n;
}

static int vd(int fd, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vdprintf(fd, fmt, ap);
    va_end(ap);
    return n;
}

static void formats(void)
{
    char b[200];
    int n = 0;
    long double ld = 1.0L / 3;

    printf("%d %5d|%-5d|%05d %+d % d %i %u %o %x %X %#x %#o\n", 1, 2, 3, 4, 5, 6, 7, 8u, 9, 255,
           255, 255, 8);
    printf("%hhd %hd %ld %lld %jd %zd %td %zu\n", 300, 70000, 1L << 40, -1LL, (intmax_t)5,
           (ssize_t)-6, (ptrdiff_t)7, (size_t)8);
    printf("%f %.0f %10.3f|%-10.2f|%e %E %g %G %a %A\n", 1.5, 2.5, 3.14159, 2.71828, 12345.678,
           0.00012, 1e20, 1e-5, 0.1, 255.5);
    printf("%Lf %.20Lg %Le\n", ld, ld, ld); /* %La is spelled as the host does */
    printf("%s|%10s|%-10s|%.2s|%c|%%|%5c\n", "str", "right", "left", "cut", 'c', 'd');
    printf("%2$s %1$d %3$*4$d\n", 5, "pos", 42, 6);
    printf("%*d %.*f %-*d|%n\n", 6, 1, 2, 3.14159, 4, 9, &n);
    printf("%d %ls %lc %s\n", n, L"wide", L'w', (char *)NULL);
    printf("%f %f %f %d %'d %Iu\n", 1.0 / 0.0, -1.0 / 0.0, -(0.0 / 0.0), -2147483648, 1234567, 5ul);
    errno = ENOENT, printf("%m\n");
    N(sprintf(b, "%d %s", 5, "x")), N(snprintf(b, 5, "%s", "truncated")), puts(b);
    N(vs("12 abc 3.5", "%d %s %lf", &n, b, (double[1]){0})), N(sscanf("0x1f,7", "%x,%o", &n, &n)),
        N(sscanf("abc123", "%[a-c]%n%d", b, &n, &n));
    N(sscanf("  x", " %c", b)), N(sscanf("5", "%*d%d", &n)),
        N(sscanf("1.5 2.5", "%f %Lf", (float[1]){0}, &ld)), printf("%Lg\n", ld);
    N(vout("%s %d\n", "vprintf", 5));
}

static void files(void)
{
    char b[100], *line = NULL;
    size_t room = 0;
    fpos_t pos;
    FILE *f = fopen(in("a"), "w+");

    N(fprintf(f, "line one\nline two\n%d\n", 3)), N(fputs("puts\n", f)), N(fputc('c', f)),
        N(putc('d', f)), N(fwrite("123", 1, 3, f));
    N(vf(f, "%s%d", "v", 5)), N(ftell(f)), N(ftello(f)), N(fflush(f)), rewind(f);
    N(getc(f)), N(fgetc(f)), N(ungetc('Q', f)), N(fgetc(f)), printf("%s", fgets(b, 100, f)),
        N(fgetpos(f, &pos));
    N(getline(&line, &room, f)), printf("%s", line), N(fsetpos(f, &pos)),
        N(getdelim(&line, &room, 'w', f)), puts(line);
    N(fseek(f, -3, SEEK_END)), N(fread(b, 1, 10, f)), N(feof(f)), N(ferror(f)), clearerr(f),
        N(feof(f));
    N(fseeko(f, 2, SEEK_SET)), N(fgetc_unlocked(f)), N(getc_unlocked(f)),
        N(fread_unlocked(b, 1, 2, f)), N(feof_unlocked(f)), N(ferror_unlocked(f));
    N(fseek(f, 0, SEEK_END)), N(fputc_unlocked('u', f)), N(putc_unlocked('v', f)),
        N(fputs_unlocked("w", f)), N(fwrite_unlocked("x", 1, 1, f));
    N(fflush_unlocked(f)), N(putw(77, f)), fseek(f, -4, SEEK_CUR), N(getw(f));
    N(__fbufsize(f) > 0), N(__freading(f) != 0), N(__fwriting(f) != 0), N(__freadable(f) != 0),
        N(__fwritable(f) != 0), N(__flbf(f)), N(__fpending(f));
    __fpurge(f), N(__fsetlocking(f, FSETLOCKING_QUERY));
    flockfile(f), N(ftrylockfile(f)), funlockfile(f), funlockfile(f);
    N(fileno(f) > 2), N(setvbuf(f, NULL, _IONBF, 0)), setbuf(f, NULL), setlinebuf(f),
        setbuffer(f, NULL, 0);
    N(fclose(f)), f = fopen(in("a"), "a"), N(fprintf(f, "app")), f = freopen(in("a"), "r", f),
                  N(fgetc(f)), N(fputc('x', f)), N(ferror(f) != 0), fclose(f);
    f = fdopen(open(in("a"), O_RDONLY), "r"), N(fgetc(f)), fclose(f);
    N(fopen("/no/such", "r") == NULL), N(errno), N(fcloseall());
    free(line);
}

static void memory(void)
{
    char b[100] = "in memory", *made = NULL;
    size_t size = 0;
    wchar_t *wmade = NULL;
    FILE *f = fmemopen(b, sizeof b, "r+");

    N(fscanf(f, "%*s %c", path)), N(fclose(f)),
        f = open_memstream(&made, &size), fprintf(f, "%d", 12345), fclose(f), puts(made), N(size);
    f = open_wmemstream(&wmade, &size), fwprintf(f, L"%d-%ls", 5, L"w"), fclose(f),
    printf("%ls %zu\n", wmade, size);
    f = fopen(in("w"), "w+"), N(fwide(f, 1)), N(fputwc(L'a', f)), N(fputws(L"bc\n", f)),
    N(putwc(L'd', f)), rewind(f);
    N(fgetwc(f)), N(ungetwc(L'z', f)), N(getwc(f)), printf("%ls", fgetws((wchar_t *)b, 20, f)),
        N(fwscanf(f, L"%lc", (wchar_t *)b)), fclose(f);
    N(swscanf(L"5 x", L"%d", &(int){0})), f = tmpfile(), N(fputs("t", f)), fclose(f);
    N(asprintf(&made, "%s-%d", "as", 9)), puts(made), N(dprintf(1, "")), N(vd(1, "%s", ""));
    if (!left_out("popen, QEMU can not start programs of the guest's kind")) {
        f = popen("echo popen", "r");
        N(fgets(b, 100, f) != NULL), printf("%s", b), N(pclose(f));
    }
    perror("perror"), psignal(11, "psignal");
}

static int wanted(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void folders(void)
{
    struct iovec v[2] = {{"abc", 3}, {"defg", 4}};
    struct stat st;
    struct dirent **list, *e;
    char b[200];
    DIR *d;
    int fd, n = 0;
    long at;

    fd = open(in("f"), O_CREAT | O_RDWR | O_CLOEXEC, 0640), N(fd > 2), N(writev(fd, v, 2)),
    N(pwrite(fd, "XY", 2, 1)), N(pread(fd, b, 4, 0)), printf("%.4s\n", b);
    N(lseek(fd, 0, SEEK_END)), N(ftruncate(fd, 5)), N(fstat(fd, &st)), N(st.st_size),
        N(st.st_mode & 07777), N(fchmod(fd, 0600)), N(fsync(fd)), N(fdatasync(fd));
    lseek(fd, 0, SEEK_SET), v[0].iov_base = b, v[0].iov_len = 2, v[1].iov_base = b + 50,
                            v[1].iov_len = 2, N(readv(fd, v, 2)), printf("%.2s %.2s\n", b, b + 50);
    N(preadv(fd, v, 1, 1)), N(posix_fallocate(fd, 0, 10)), N(posix_fadvise(fd, 0, 0, 0)),
        N(lockf(fd, F_LOCK, 0)), N(lockf(fd, F_ULOCK, 0)), N(dup2(fd, 77)), N(close(77)),
        N(close(dup(fd)));
    N(futimens(fd, (struct timespec[2]){{1000, 5}, {2000, 6}})), fstat(fd, &st),
        N(st.st_mtim.tv_sec), N(fcntl(fd, F_GETFD)), N(isatty(fd)), N(close(fd));
    N(stat(path, &st)), N(S_ISREG(st.st_mode)), N(chmod(path, 0644)), N(access(path, R_OK)),
        N(truncate(path, 3)), N(faccessat(AT_FDCWD, path, W_OK, 0));
    snprintf(b, sizeof b, "%s/l", dir), N(link(path, b)), N(unlink(b)), N(symlink("f", b)),
        N(lstat(b, &st)), N(S_ISLNK(st.st_mode)), N(readlink(b, path, 50)), printf("%.1s\n", path);
    N(rename(b, in("m"))), N(mkdir(in("sub"), 0755)), N(mkdirat(AT_FDCWD, in("sub2"), 0700)),
        N(rmdir(in("sub2"))), N(mkfifo(in("fifo"), 0600)), N(utimensat(AT_FDCWD, in("f"), NULL, 0));
    n = scandir(dir, &list, wanted, alphasort);
    for (int i = 0; i < n; i++)
        printf("%s %d\n", list[i]->d_name, list[i]->d_type);
    d = opendir(dir), N(dirfd(d) > 2), at = telldir(d), n = 0;
    while ((e = readdir(d)))
        n++;
    N(n), seekdir(d, at), N(readdir(d) != NULL), rewinddir(d), N(closedir(d)),
        d = fdopendir(open(dir, O_RDONLY)), N(readdir64(d) != NULL), closedir(d);
    N(openat(AT_FDCWD, in("none"), O_RDONLY)), N(errno), N(remove(in("sub"))),
        N(unlinkat(AT_FDCWD, in("fifo"), 0)), N(umask(022)), N(umask(022));
    N(chdir(dir)), N(strcmp(getcwd(b, 200), dir)), N(pathconf(dir, _PC_NAME_MAX)),
        N(setxattr(in("f"), "user.a", "v", 1, 0) == 0 || errno == ENOTSUP), N(chdir("/"));
}

/* ---- conversions of the program's own ---- */

struct point {
    double x, y;
};
static int point_type, bold;

static int print_pair(FILE *f, const struct printf_info *info, const void *const *args)
{
    return fprintf(f, info->left ? "[%d:%d;%s]" : "<%*d,%s>", info->left ? 1 : info->width,
                   *(const int *)args[0], *(const char *const *)args[1]);
}

static int pair_arguments(const struct printf_info *info, size_t n, int *types, int *size)
{
    (void)info;
    (void)size;
    if (n > 0)
        types[0] = PA_INT;
    if (n > 1)
        types[1] = PA_STRING;
    return 2;
}

static int print_long(FILE *f, const struct printf_info *info, const void *const *args)
{
    return fprintf(f, "{%.*Lg%s%s}", info->prec, *(const long double *)args[0],
                   info->is_long_double ? " L" : "", info->user & bold ? " bold" : "");
}

static int long_arguments(const struct printf_info *info, size_t n, int *types, int *size)
{
    (void)info;
    (void)size;
    if (n > 0)
        types[0] = PA_DOUBLE | PA_FLAG_LONG_DOUBLE;
    return 1;
}

static void fetch_point(void *mem, va_list *ap)
{
    *(struct point *)mem = va_arg(*ap, struct point);
}

static int print_point(FILE *f, const struct printf_info *info, const void *const *args)
{
    const struct point *p = *(const struct point *const *)args[0];

    (void)info;
    return fprintf(f, "(%g %g)", p->x, p->y);
}

static int point_arguments(const struct printf_info *info, size_t n, int *types, int *size)
{
    (void)info;
    if (n > 0) {
        types[0] = point_type;
        size[0] = sizeof(struct point);
    }
    return 1;
}

static void own_conversions(void)
{
    struct point p = {1.5, -2};
    int types[8];
    char b[100];

    N(register_printf_specifier('W', print_pair, pair_arguments)),
        N(register_printf_specifier('Y', print_long, long_arguments)),
        N(register_printf_specifier(300, print_long, long_arguments));
    point_type = register_printf_type(fetch_point), N(point_type >= PA_LAST),
    N(register_printf_specifier('R', print_point, point_arguments));
    bold = register_printf_modifier(L"B"), N(bold > 0);
    printf("%5W %-W %d %s\n", 1, "one", 2, "two", 3, "three");
    printf("%d %.5Y %LY %BY %g\n", 1, 1.0L / 3, 2.5L, 3.5L, 4.5);
    printf("%s %R %R %d\n", "points", p, (struct point){1e10, 3}, 9);
    printf("%2$s %1$d\n", 7, "positions"), N(snprintf(b, sizeof b, "%W|%f", 5, "x", 2.0)), puts(b);
    N(parse_printf_format("%d %W %Lf %R", 8, types)), N(types[1]), N(types[2]), N(types[3]);
    N(register_printf_specifier('K', printf_size, printf_size_info)),
        printf("%.2K %LK %d\n", 123456.0, 3e9L, 4);
    N(register_printf_specifier('W', NULL, NULL)), printf("%d %s\n", 1, "after");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(dir))
        return 1;
    formats();
    files();
    memory();
    folders();
    own_conversions();
    for (const char *const *p = (const char *const[]){"a", "w", "f", "m", NULL}; *p; p++)
        unlink(in(*p));
    return rmdir(dir);
}
