/*
 * z.c - libz as a program uses it: streams with the library's and with its own allocator, copies,
 * dictionaries, headers, inflateBack, files, errors. Prints nothing that depends on the version.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define SIZE unsigned
#include "own.h"

#define N 60000

static unsigned char text[N], packed[N + 4096], back[N];

static void with_own(z_stream *s)
{
    memset(s, 0, sizeof *s);
    s->zalloc = my_alloc;
    s->zfree = my_free;
    s->opaque = &mark;
}

/* All of text in steps, with another allocator's functions looked at between the calls. */
static size_t deflate_all(z_stream *s, size_t step)
{
    int r = Z_OK;

    s->next_out = packed;
    s->avail_out = sizeof packed;
    for (size_t at = 0; at < N && r == Z_OK; at += step) {
        s->next_in = text + at;
        s->avail_in = (unsigned)(at + step > N ? N - at : step);
        r = deflate(s, at + step >= N ? Z_FINISH : Z_NO_FLUSH);
    }
    printf("deflate %d, all in %d, out %d\n", r, s->total_in == N,
           s->total_out == sizeof packed - s->avail_out);
    return s->total_out;
}

static void inflate_all(z_stream *s, size_t size, size_t step)
{
    int r = Z_OK;

    memset(back, 0, N);
    s->next_in = packed;
    s->avail_in = (unsigned)size;
    s->next_out = back;
    while (r == Z_OK) {
        s->avail_out = (unsigned)(N - s->total_out < step ? N - s->total_out : step);
        r = inflate(s, Z_NO_FLUSH);
    }
    printf("inflate %d %lu %d\n", r, s->total_out, memcmp(text, back, N));
}

static size_t round_trip(int own, int level, int bits)
{
    z_stream s = {0}, t = {0};
    size_t size;

    made = freed = 0;
    if (own) {
        with_own(&s);
        with_own(&t);
    }
    printf("init %d\n", deflateInit2(&s, level, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY));
    printf("functions %d %d state %d\n", own ? s.zalloc == my_alloc : s.zalloc != NULL,
           own ? s.zfree == my_free : s.zfree != NULL, s.state != NULL);
    printf("bound %d\n", deflateBound(&s, N) > N);
    size = deflate_all(&s, 7777);
    printf("reset %d", deflateReset(&s));
    printf(" again %d\n", deflate_all(&s, N) > 0);
    printf("end %d state %d\n", deflateEnd(&s), s.state != NULL);
    size = s.total_out;
    printf("inflate init %d\n", inflateInit2(&t, bits));
    inflate_all(&t, size, 10001);
    printf("functions %d\n", own ? t.zalloc == my_alloc && t.zfree == my_free && t.opaque == &mark
                                 : t.zalloc != NULL);
    printf("end %d", inflateEnd(&t));
    printf(" twice %d\n", inflateEnd(&t));
    printf("allocator: used %d, all freed %d, wrong %d\n", made > 4, made == freed, wrong_opaque);
    return size;
}

/* The library's own functions, which it left in the stream, can be called and handed over. */
static void default_functions(void)
{
    z_stream s = {0}, t = {0};
    char *p;

    deflateInit(&s, 1);
    p = s.zalloc(s.opaque, 10, 10);
    memset(p, 1, 100);
    s.zfree(s.opaque, p);
    t.zalloc = s.zalloc;
    t.zfree = s.zfree;
    printf("handed over %d", inflateInit(&t));
    printf(" same %d\n", t.zalloc == s.zalloc && t.zfree == s.zfree);
    printf("ends %d %d\n", inflateEnd(&t), deflateEnd(&s));
    printf("again with what was left %d", deflateInit(&s, 9));
    printf(" %d\n", deflateEnd(&s));
}

static void copies(void)
{
    z_stream s, t, u;
    size_t a, b;
    unsigned char *first = malloc(sizeof packed);

    made = freed = 0;
    with_own(&s);
    deflateInit(&s, 6);
    s.next_in = text;
    s.avail_in = N / 2;
    s.next_out = packed;
    s.avail_out = sizeof packed;
    deflate(&s, Z_NO_FLUSH);
    printf("copy %d", deflateCopy(&t, &s));
    printf(" functions %d other state %d\n", t.zalloc == my_alloc && t.zfree == my_free,
           t.state != s.state);
    a = s.total_out;
    memcpy(first, packed, a);
    s.next_in = t.next_in = text + N / 2;
    s.avail_in = t.avail_in = N / 2;
    printf("finish %d", deflate(&s, Z_FINISH));
    t.next_out = first + a;
    printf(" %d same %d\n", deflate(&t, Z_FINISH),
           s.total_out == t.total_out && !memcmp(first, packed, s.total_out));
    b = s.total_out;
    /* A stream that was moved is not one. */
    u = s;
    printf("moved %d", deflate(&u, Z_FINISH));
    printf(" %d\n", deflateEnd(&u));
    printf("end %d %d\n", deflateEnd(&s), deflateEnd(&t));
    with_own(&s);
    inflateInit(&s);
    s.next_in = packed;
    s.avail_in = (unsigned)b;
    s.next_out = back;
    s.avail_out = N / 3;
    inflate(&s, Z_NO_FLUSH);
    printf("inflate copy %d", inflateCopy(&t, &s));
    t.avail_out = N - N / 3;
    printf(" %d", inflate(&t, Z_FINISH));
    printf(" %d %lu\n", memcmp(text, back, N), t.total_out);
    printf("sync point %d mark %d\n", inflateSyncPoint(&s), inflateMark(&s) != 0);
    printf("end %d %d\n", inflateEnd(&s), inflateEnd(&t));
    printf("allocator: all freed %d, wrong %d\n", made == freed, wrong_opaque);
    free(first);
}

static void dictionaries(void)
{
    static const unsigned char words[] = "the quick brown fox jumps over the lazy dog";
    unsigned char got[32768];
    unsigned n = 0, pending;
    z_stream s = {0}, t = {0};
    unsigned long id;
    int bits, r;

    deflateInit(&s, 9);
    printf("set %d", deflateSetDictionary(&s, words, sizeof words));
    printf(" id %lx\n", id = s.adler);
    printf("get %d", deflateGetDictionary(&s, got, &n));
    printf(" %u %d\n", n, memcmp(got, words, n));
    printf("tune %d", deflateTune(&s, 8, 16, 32, 64));
    printf(" pending %d", deflatePending(&s, &pending, &bits));
    printf(" %u %d\n", pending, bits);
    s.next_in = text;
    s.avail_in = 5000;
    s.next_out = packed;
    s.avail_out = sizeof packed;
    deflate(&s, Z_SYNC_FLUSH);
    printf("params %d\n", deflateParams(&s, 1, Z_HUFFMAN_ONLY));
    printf("finish %d", deflate(&s, Z_FINISH));
    printf(" end %d\n", deflateEnd(&s));
    inflateInit(&t);
    t.next_in = packed;
    t.avail_in = (unsigned)s.total_out;
    t.next_out = back;
    t.avail_out = N;
    r = inflate(&t, Z_FINISH);
    printf("needs %d %d\n", r, t.adler == id);
    printf("wrong one %d", inflateSetDictionary(&t, text, 10));
    printf(" msg %s\n", t.msg ? t.msg : "none");
    printf("right one %d\n", inflateSetDictionary(&t, words, sizeof words));
    r = inflate(&t, Z_FINISH);
    printf("inflate %d %lu %d\n", r, t.total_out, memcmp(back, text, 5000));
    printf("dictionary %d", inflateGetDictionary(&t, got, &n));
    printf(" %d reset %d", n > 5000, inflateReset(&t));
    printf(" %d", inflateReset2(&t, 31));
    printf(" end %d\n", inflateEnd(&t));
}

static void headers(void)
{
    char name[40] = "a name", note[40] = "a comment", name2[40], note2[40];
    unsigned char extra[] = {1, 2, 3, 4}, extra2[8];
    gz_header h = {.text = 1,
                   .time = 1234567,
                   .os = 3,
                   .extra = extra,
                   .extra_len = 4,
                   .name = (void *)name,
                   .comment = (void *)note,
                   .hcrc = 1};
    gz_header g = {.extra = extra2,
                   .extra_max = 8,
                   .name = (void *)name2,
                   .name_max = 40,
                   .comment = (void *)note2,
                   .comm_max = 40};
    z_stream s = {0}, t = {0};

    deflateInit2(&s, 5, Z_DEFLATED, 31, 9, Z_FILTERED);
    printf("set %d\n", deflateSetHeader(&s, &h));
    s.next_in = text;
    s.avail_in = 1000;
    s.next_out = packed;
    s.avail_out = sizeof packed;
    printf("deflate %d", deflate(&s, Z_FINISH));
    printf(" end %d\n", deflateEnd(&s));
    inflateInit2(&t, 47);
    printf("get %d\n", inflateGetHeader(&t, &g));
    t.next_in = packed;
    t.avail_in = (unsigned)s.total_out;
    t.next_out = back;
    t.avail_out = N;
    printf("inflate %d\n", inflate(&t, Z_FINISH));
    printf("%d %d %lu %d %u %d %s %s %d\n", g.done, g.text, g.time, g.os, g.extra_len,
           memcmp(extra, extra2, 4), name2, note2, g.hcrc);
    printf("end %d\n", inflateEnd(&t));
}

struct source {
    const unsigned char *at;
    size_t left;
    int calls;
};

static unsigned take(void *arg, z_const unsigned char **buf)
{
    struct source *s = arg;
    unsigned n = s->left < 1000 ? (unsigned)s->left : 1000;

    *buf = (unsigned char *)s->at;
    s->at += n;
    s->left -= n;
    s->calls++;
    return n;
}

static int put(void *arg, unsigned char *buf, unsigned n)
{
    size_t *at = arg;

    if (*at + n > N)
        return 1;
    memcpy(back + *at, buf, n);
    *at += n;
    return 0;
}

static int refuse(void *arg, unsigned char *buf, unsigned n)
{
    (void)buf;
    (void)n;
    ++*(int *)arg;
    return 1;
}

static void inflate_back(void)
{
    static unsigned char window[32768];
    struct source in = {packed, 0, 0};
    z_stream s;
    size_t at = 0;
    int refused = 0;

    in.left = round_trip(1, 6, -15);
    made = freed = 0;
    with_own(&s);
    memset(back, 0, N);
    printf("back init %d\n", inflateBackInit(&s, 15, window));
    s.next_in = NULL;
    s.avail_in = 0;
    printf("back %d", inflateBack(&s, take, &in, put, &at));
    printf(" %zu %d calls %d\n", at, memcmp(text, back, N), in.calls > 10);
    in = (struct source){packed, 3000, 0};
    s.next_in = NULL;
    s.avail_in = 0;
    printf("refused %d", inflateBack(&s, take, &in, refuse, &refused));
    printf(" %d\n", refused);
    printf("end %d all freed %d\n", inflateBackEnd(&s), made && made == freed);
}

static void say(gzFile f, const char *format, ...)
{
    va_list va;

    va_start(va, format);
    printf("vprintf %d\n", gzvprintf(f, format, va));
    va_end(va);
}

static void files(void)
{
    char path[] = "/tmp/box64-z-XXXXXX", line[100];
    int fd = mkstemp(path), err;
    gzFile f = gzdopen(fd, "wb6");
    unsigned sum = 0;

    printf("buffer %d direct %d\n", gzbuffer(f, 16384), gzdirect(f));
    printf("printf %d\n", gzprintf(f, "%d %s %.3f %c %lld|", 42, "text", 3.25, 'x', -5LL));
    printf("many %d\n", gzprintf(f, "%d %d %d %d %d %d %d %f %f\n", 1, 2, 3, 4, 5, 6, 7, 8.5, 9.5));
    say(f, "%s=%u %g\n", "name", 7u, 0.125);
    printf("puts %d", gzputs(f, "a line\n"));
    printf(" putc %d", gzputc(f, 'c'));
    printf(" flush %d\n", gzflush(f, Z_SYNC_FLUSH));
    printf("write %d", gzwrite(f, text, N));
    printf(" fwrite %zu", gzfwrite(text, 10, 100, f));
    printf(" params %d\n", gzsetparams(f, 1, Z_RLE));
    printf("tell %ld", gztell(f));
    printf(" close %d\n", gzclose(f));
    f = gzopen(path, "rb");
    printf("line %s", gzgets(f, line, sizeof line));
    printf("line %s", gzgets(f, line, sizeof line));
    printf("line %s", gzgets(f, line, sizeof line));
    printf("char %c", gzgetc(f));
    printf(" unget %d", gzungetc('Z', f));
    printf(" %c", gzgetc(f));
    printf(" tell %ld\n", gztell(f));
    printf("read %d", gzread(f, back, N));
    printf(" %d\n", memcmp(text, back, N));
    printf("fread %zu", gzfread(back, 10, 101, f));
    printf(" %d eof %d\n", memcmp(text, back, 1000), gzeof(f));
    printf("seek %ld", gzseek(f, 50, SEEK_SET));
    printf(" rewind %d", gzrewind(f));
    printf(" char %c", gzgetc(f));
    printf(" offset %d\n", gzoffset(f) > 0);
    for (int i = 0, c; i < 100 && (c = gzgetc(f)) >= 0; i++)
        sum = sum * 31 + (unsigned)c;
    printf("sum %u\n", sum);
    printf("error %s", gzerror(f, &err));
    printf(" %d write %d", err, gzwrite(f, "x", 1));
    gzclearerr(f);
    printf(" close %d\n", gzclose_r(f));
    fd = open(path, O_WRONLY | O_TRUNC);
    printf("%zd\n", write(fd, "\x1f\x8b\x08\0\0\0\0\0\0\3garbage garbage", 25));
    close(fd);
    f = gzopen(path, "r");
    printf("bad %d", gzread(f, back, 100));
    printf(" %s", strstr(gzerror(f, &err), ": "));
    printf(" %d", err);
    printf(" close %d\n", gzclose(f));
    printf("none %d mode %d\n", gzopen("/nowhere/at/all", "r") == NULL, gzopen(path, "q") == NULL);
    unlink(path);
}

static void errors(void)
{
    z_stream s = {0};
    unsigned long n = 100;

    printf("null %d %d %d\n", deflateInit(NULL, 1), inflate(NULL, 0), deflateEnd(NULL));
    printf("no state %d %d %d %ld\n", deflate(&s, 0), inflateEnd(&s), deflateReset(&s),
           inflateMark(&s));
    printf("version %d %d\n", deflateInit_(&s, 1, "2.0", sizeof s),
           inflateInit_(&s, ZLIB_VERSION, 8));
    printf("level %d bits %d method %d state %d\n", deflateInit(&s, 77), inflateInit2(&s, 99),
           deflateInit2(&s, 1, 1, 15, 8, 0), s.state != NULL);
    s.zalloc = no_alloc;
    s.zfree = my_free;
    s.opaque = &mark;
    printf("memory %d %d", deflateInit(&s, 1), inflateInit(&s));
    printf(" functions %d %s\n", s.zalloc == no_alloc && s.zfree == my_free,
           s.msg ? s.msg : "none");
    memset(&s, 0, sizeof s);
    deflateInit(&s, 1);
    s.next_in = text;
    s.avail_in = 10;
    s.next_out = NULL;
    printf("no output %d %s\n", deflate(&s, Z_FINISH), s.msg ? s.msg : "none");
    s.next_out = packed;
    s.avail_out = 3;
    printf("short %d", deflate(&s, Z_FINISH));
    printf(" busy end %d\n", deflateEnd(&s));
    memset(&s, 0, sizeof s);
    inflateInit(&s);
    s.next_in = (unsigned char *)"nothing of zlib";
    s.avail_in = 15;
    s.next_out = back;
    s.avail_out = 100;
    printf("garbage %d", inflate(&s, 0));
    printf(" %s sync %d", s.msg, inflateSync(&s));
    printf(" end %d\n", inflateEnd(&s));
    printf("uncompress %d %s %s\n", uncompress(back, &n, text, 50), zError(Z_DATA_ERROR),
           zError(Z_OK));
}

static void sums(void)
{
    unsigned long a = crc32(0, NULL, 0), b = adler32(0, NULL, 0), n = sizeof packed, m = N, used;

    printf("%lx %lx\n", crc32(a, text, N), adler32(b, text, N));
    printf("%lx %lx\n", crc32_z(a, text, N), adler32_z(b, text, N));
    printf("%d %d\n",
           crc32_combine(crc32(a, text, 1000), crc32(a, text + 1000, 500), 500) ==
               crc32(a, text, 1500),
           adler32_combine(adler32(b, text, 1000), adler32(b, text + 1000, 500), 500) ==
               adler32(b, text, 1500));
    printf("table %x flags %lx version %c\n", get_crc_table()[255], zlibCompileFlags() & 0xff,
           zlibVersion()[0]);
    printf("compress %d", compress2(packed, &n, text, N, 9));
    printf(" %d %d\n", n<compressBound(N), n> 1000);
    used = n;
    printf("uncompress %d", uncompress(back, &m, packed, n));
    printf(" %lu %d", m, memcmp(text, back, N));
    printf(" %d", uncompress2(back, &m, packed, &used));
    printf(" %d\n", used == n);
}

static z_stream shared;

static void *copy_often(void *arg)
{
    unsigned char out[6000];
    z_stream t;

    for (int i = 0; i < 200; i++) {
        if (deflateCopy(&t, &shared))
            return "copy failed";
        t.next_in = text;
        t.avail_in = 3000;
        t.next_out = out;
        t.avail_out = sizeof out;
        if (deflate(&t, Z_FINISH) != Z_STREAM_END || deflateEnd(&t))
            return "finish failed";
    }
    return arg;
}

/* Several threads make copies of one stream that nobody changes. */
static void threads(void)
{
    pthread_t t[4];
    void *r;

    memset(&shared, 0, sizeof shared);
    deflateInit(&shared, 3);
    deflateSetDictionary(&shared, text, 1000);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, copy_often, "fine");
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &r);
        puts(r);
    }
    printf("end %d\n", deflateEnd(&shared));
}

int main(void)
{
    fill(text, N);
    sums();
    round_trip(0, 6, 15);
    round_trip(1, 9, 15);
    round_trip(1, 1, 31);
    default_functions();
    copies();
    dictionaries();
    headers();
    inflate_back();
    files();
    errors();
    threads();
    return 0;
}
