/*
 * bz2.c - libbz2 as a program uses it: streams with the library's and with its own allocator, files
 * of stdio, buffers, errors.
 */
#include <bzlib.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE int
#include "own.h"

#define N 60000

static char text[N], packed[N + 4096], back[N];

static unsigned compress_all(bz_stream *s, unsigned step)
{
    int r = BZ_RUN_OK;

    s->next_out = packed;
    s->avail_out = sizeof packed;
    for (unsigned at = 0; at < N; at += step) {
        s->next_in = text + at;
        s->avail_in = at + step > N ? N - at : step;
        r = BZ2_bzCompress(s, BZ_RUN);
    }
    printf("run %d\n", r);
    do
        r = BZ2_bzCompress(s, BZ_FINISH);
    while (r == BZ_FINISH_OK);
    printf("finish %d in %u %u\n", r, s->total_in_lo32, s->total_in_hi32);
    return s->total_out_lo32;
}

static void decompress_all(bz_stream *s, unsigned size, unsigned step)
{
    int r = BZ_OK;

    memset(back, 0, N);
    s->next_in = packed;
    s->avail_in = size;
    s->next_out = back;
    while (r == BZ_OK) {
        s->avail_out = N - s->total_out_lo32 < step ? N - s->total_out_lo32 : step;
        r = BZ2_bzDecompress(s);
    }
    printf("decompress %d %u %d\n", r, s->total_out_lo32, memcmp(text, back, N));
}

static void round_trip(int own, int level, int small)
{
    bz_stream s = {0}, t = {0}, moved;
    unsigned size;

    made = freed = 0;
    if (own) {
        s.bzalloc = t.bzalloc = my_alloc;
        s.bzfree = t.bzfree = my_free;
        s.opaque = t.opaque = &mark;
    }
    printf("init %d\n", BZ2_bzCompressInit(&s, level, 0, 0));
    printf("functions %d %d state %d\n", own ? s.bzalloc == my_alloc : s.bzalloc != NULL,
           own ? s.bzfree == my_free : s.bzfree != NULL, s.state != NULL);
    size = compress_all(&s, 9999);
    moved = s;
    printf("moved %d", BZ2_bzCompress(&moved, BZ_RUN));
    printf(" %d\n", BZ2_bzCompressEnd(&moved));
    printf("end %d", BZ2_bzCompressEnd(&s));
    printf(" %d state %d\n", BZ2_bzCompressEnd(&s), s.state != NULL);
    printf("init %d\n", BZ2_bzDecompressInit(&t, 0, small));
    decompress_all(&t, size, 30001);
    printf("end %d\n", BZ2_bzDecompressEnd(&t));
    printf("allocator: used %d, all freed %d, wrong %d\n", made > 3, made == freed, wrong_opaque);
}

static void default_functions(void)
{
    bz_stream s = {0}, t = {0};
    char *p;

    BZ2_bzCompressInit(&s, 1, 0, 0);
    p = s.bzalloc(s.opaque, 10, 10);
    memset(p, 1, 100);
    s.bzfree(s.opaque, p);
    t.bzalloc = s.bzalloc;
    t.bzfree = s.bzfree;
    printf("handed over %d", BZ2_bzDecompressInit(&t, 0, 0));
    printf(" same %d\n", t.bzalloc == s.bzalloc && t.bzfree == s.bzfree);
    printf("end %d", BZ2_bzDecompressEnd(&t));
    printf(" %d\n", BZ2_bzCompressEnd(&s));
    printf("again with what was left %d", BZ2_bzCompressInit(&s, 9, 0, 30));
    printf(" %d\n", BZ2_bzCompressEnd(&s));
}

static void stdio_files(void)
{
    unsigned in, out, in_hi, out_hi;
    char more[100];
    void *unused;
    int err, n;
    FILE *f = tmpfile();
    BZFILE *b;

    fputs("before\n", f);
    b = BZ2_bzWriteOpen(&err, f, 9, 0, 0);
    printf("write open %d", err);
    BZ2_bzWrite(&err, b, text, N / 2);
    printf(" %d", err);
    BZ2_bzWrite(&err, b, text + N / 2, N / 2);
    printf(" %d", err);
    BZ2_bzWriteClose64(&err, b, 0, &in, &in_hi, &out, &out_hi);
    printf(" %d: %u %u %d %u\n", err, in, in_hi, out > 1000, out_hi);
    fputs("after\n", f);
    rewind(f);
    printf("%s", fgets(more, sizeof more, f));
    b = BZ2_bzReadOpen(&err, f, 0, 0, NULL, 0);
    n = BZ2_bzRead(&err, b, back, 1000);
    printf("read %d %d", n, err);
    n += BZ2_bzRead(&err, b, back + n, N - n);
    printf(" %d %d %d\n", n, err, memcmp(text, back, N));
    BZ2_bzReadGetUnused(&err, b, &unused, &n);
    printf("unused %d %d %.*s", err, n, n, (char *)unused);
    memcpy(more, unused, (size_t)n);
    BZ2_bzReadClose(&err, b);
    printf("close %d\n", err);
    b = BZ2_bzReadOpen(&err, f, 0, 1, more, n);
    n = BZ2_bzRead(&err, b, back, 10);
    printf("not bzip2 %d %d", n, err);
    BZ2_bzReadClose(&err, b);
    printf(" %d", err);
    fclose(f);
    b = BZ2_bzReadOpen(&err, NULL, 0, 0, NULL, 0);
    printf(" parameter %d %d\n", err, b == NULL);
}

static void named_files(void)
{
    char path[] = "/tmp/box64-bz2-XXXXXX";
    int fd = mkstemp(path), err;
    BZFILE *b = BZ2_bzdopen(fd, "w9");

    printf("write %d", BZ2_bzwrite(b, text, N));
    printf(" flush %d\n", BZ2_bzflush(b));
    BZ2_bzclose(b);
    b = BZ2_bzopen(path, "r");
    printf("read %d", BZ2_bzread(b, back, N));
    printf(" %d", memcmp(text, back, N));
    printf(" then %d", BZ2_bzread(b, back, 1));
    printf(" %s", BZ2_bzerror(b, &err));
    printf(" %d\n", err);
    BZ2_bzclose(b);
    printf("none %d\n", BZ2_bzopen("/nowhere/at/all", "r") == NULL);
    unlink(path);
}

static void buffers_and_errors(void)
{
    unsigned n = sizeof packed, m = N, few = 10;
    bz_stream s = {0};

    printf("compress %d", BZ2_bzBuffToBuffCompress(packed, &n, text, N, 5, 0, 0));
    printf(" %d\n", n > 1000 && n < N);
    printf("decompress %d", BZ2_bzBuffToBuffDecompress(back, &m, packed, n, 0, 0));
    printf(" %u %d\n", m, memcmp(text, back, N));
    printf("full %d", BZ2_bzBuffToBuffDecompress(back, &few, packed, n, 0, 0));
    printf(" cut %d", BZ2_bzBuffToBuffDecompress(back, &m, packed, n / 2, 1, 0));
    packed[n / 2] ^= 1;
    printf(" damaged %d\n", BZ2_bzBuffToBuffDecompress(back, &m, packed, n, 0, 0));
    printf("null %d %d\n", BZ2_bzCompressInit(NULL, 1, 0, 0), BZ2_bzDecompress(NULL));
    printf("level %d no state %d %d functions %d\n", BZ2_bzCompressInit(&s, 10, 0, 0),
           BZ2_bzCompress(&s, BZ_RUN), BZ2_bzDecompressEnd(&s), s.bzalloc != NULL);
    s.bzalloc = no_alloc;
    s.bzfree = my_free;
    s.opaque = &mark;
    printf("memory %d %d %d\n", BZ2_bzCompressInit(&s, 1, 0, 0), BZ2_bzDecompressInit(&s, 0, 0),
           s.bzalloc == no_alloc && s.bzfree == my_free);
    memset(&s, 0, sizeof s);
    BZ2_bzCompressInit(&s, 1, 0, 0);
    s.next_in = text;
    s.avail_in = 100;
    s.next_out = packed;
    s.avail_out = 1;
    printf("flush %d", BZ2_bzCompress(&s, BZ_FLUSH));
    printf(" sequence %d", BZ2_bzCompress(&s, BZ_RUN));
    printf(" end %d\n", BZ2_bzCompressEnd(&s));
    printf("version %c\n", BZ2_bzlibVersion()[0]);
}

int main(void)
{
    fill((unsigned char *)text, N);
    round_trip(0, 9, 0);
    round_trip(1, 1, 0);
    round_trip(1, 5, 1);
    default_functions();
    stdio_files();
    named_files();
    buffers_and_errors();
    return 0;
}
