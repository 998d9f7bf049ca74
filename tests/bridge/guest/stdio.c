/* Formats, scanning, streams: what goes through va_list translation and FILE callbacks. */
#include <errno.h>
#include <locale.h>
#include <monetary.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static char *fmt(const char *f, ...)
{
    static char buf[512];
    va_list ap;
    va_start(ap, f);
    vsnprintf(buf, sizeof buf, f, ap);
    va_end(ap);
    return buf;
}

static int scan(const char *s, const char *f, ...)
{
    va_list ap;
    int n;
    va_start(ap, f);
    n = vsscanf(s, f, ap);
    va_end(ap);
    return n;
}

struct cookie {
    char data[64];
    size_t at;
    int closed;
};

static ssize_t c_read(void *k, char *b, size_t n)
{
    struct cookie *c = k;
    size_t left = strlen(c->data) - c->at;
    n = n < left ? n : left;
    memcpy(b, c->data + c->at, n);
    c->at += n;
    return (ssize_t)n;
}

static ssize_t c_write(void *k, const char *b, size_t n)
{
    struct cookie *c = k;
    if (c->at + n >= sizeof c->data)
        n = sizeof c->data - 1 - c->at;
    memcpy(c->data + c->at, b, n);
    c->at += n;
    return (ssize_t)n;
}

static int c_close(void *k)
{
    ((struct cookie *)k)->closed = 1;
    return 0;
}

static void cookies(void)
{
    struct cookie c = {.data = ""};
    cookie_io_functions_t w = {.write = c_write, .close = c_close},
                          r = {.read = c_read, .close = c_close};
    FILE *f = fopencookie(&c, "w", w);
    char a[16], b[16];
    int n;
    fprintf(f, "cookie %d %s", 42, "jar");
    fclose(f);
    printf("%s closed=%d\n", c.data, c.closed);
    c.at = 0;
    f = fopencookie(&c, "r", r);
    n = fscanf(f, "%15s %d %15s", a, &n, b);
    printf("%d %s %s\n", n, a, b);
    fclose(f);
}

static void memory(void)
{
    char *p = NULL, *q = NULL, *line = NULL;
    size_t n = 0, cap = 0;
    FILE *f = open_memstream(&p, &n);
    fprintf(f, "%s-%05.1f-%c\nsecond\n", "mem", 2.25, 'x');
    fclose(f);
    printf("%zu %s", n, p);
    f = fmemopen(p, n, "r");
    while (getline(&line, &cap, f) > 0)
        printf("line %s", line);
    fclose(f);
    free(p);
    free(line);
    n = (size_t)asprintf(&q, "%*d|%-*d|%.*f|%hhd|%hu|%lld|%zx|%jd|%td", 6, 42, 6, 42, 3, 1.0 / 3,
                         (signed char)-1, (unsigned short)65535, -5ll, (size_t)255, (intmax_t)-7,
                         (ptrdiff_t)9);
    printf("%zu %s\n", n, q);
    free(q);
}

int main(void)
{
    long double ld = 1.0L / 3, in = 0;
    double d1, d2, d3, d4, d5, d6, d7, d8, d9, d10;
    int i, j, n;
    char word[32], set[32], *alloc;
    wchar_t wide[32], wbuf[64];
    float fl;

    printf("%d %u %ld %s %c %% %p %x %o %e %g %a\n", -1, 3000000000u, 1l << 40, "str", 'c',
           (void *)0x1234, 255, 8, 12345.678, 0.0001, 1.5);
    printf("%Lf %Lg %.20Lf\n", 2.5L, ld, ld);
    printf("%d %Lf %d %Lf %f %d %d %d %d %Lf\n", 1, 1.25L, 2, 2.25L, 3.5, 3, 4, 5, 6, 4.125L);
    printf("%2$s %1$d %3$.2f %2$s %4$Lf\n", 7, "pos", 2.5, 8.5L);
    printf("%1$*2$d|%3$.*4$f\n", 5, 8, 3.14159, 2);
    printf("%f %f %f %f %f %f %f %f %f %f\n", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.);
    puts(fmt("%s %d %f %Lf %d %d %d %d %d %s %f %f %f %f %f %f %f %f %f", "v", 1, 1.5, 2.5L, 2, 3,
             4, 5, 6, "w", 1., 2., 3., 4., 5., 6., 7., 8., 9.));
    errno = ENOENT;
    printf("%m %d%n\n", 5, &n);
    printf("n=%d\n", n);
    printf("%ls %lc|%5ls|%.2ls\n", L"wide", (wint_t)L'z', L"ab", L"xyz");
    n = swprintf(wbuf, 64, L"%d %s %ls %f %Lf", 3, "narrow", L"wide", 0.5, 1.75L);
    printf("%d %ls\n", n, wbuf);

    n = sscanf("12 0x1f word 1.5 2.25 [abc]  77", "%d %i %31s %lf %Lf [%31[a-z]] %d", &i, &j, word,
               &d1, &in, set, &n);
    printf("%d %d %d %s %g %Lg %s\n", n, i, j, word, d1, in, set);
    n = scan("1 2 3 4 5 6 7 8 9 10 11.5", "%lf%lf%lf%lf%lf%lf%lf%lf%lf%lf%f", &d1, &d2, &d3, &d4,
             &d5, &d6, &d7, &d8, &d9, &d10, &fl);
    printf("%d %g %g %g\n", n, d1, d10, fl);
    n = sscanf("alpha beta", "%ms %*s%n", &alloc, &i);
    printf("%d %s %d\n", n, alloc, i);
    free(alloc);
    in = 99;
    n = sscanf("x", "%Lf", &in);
    printf("%d %Lg\n", n, in);
    n = swscanf(L"5 wide 2.5", L"%d %ls %lf", &i, wide, &d1);
    printf("%d %d %ls %g\n", n, i, wide, d1);
    printf("%s %g %s %.19Lg\n", "strtod", strtod("0x1.8p3", NULL), "strtold",
           strtold("3.14159265358979323846", NULL));
    n = (int)strfmon(word, sizeof word, "[%n] %% [%=*#5.2n]", 1234.567, 42.1);
    printf("%d %s\n", n, word);
    memory();
    cookies();
    fprintf(stderr, "to stderr %d\n", 1);
    return 0;
}
