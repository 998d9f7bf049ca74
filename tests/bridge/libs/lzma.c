/*
 * lzma.c - liblzma as a program uses it: easy, stream, alone and raw coders, threads, filters as
 * text and as bytes, blocks, indexes, allocators of the program, memory limits, errors.
 */
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE size_t
#include "own.h"

#define N 100000

static uint8_t text[N], packed[N + 65536], back[N];

static const lzma_allocator own = {my_alloc, my_free, &mark}, none = {no_alloc, my_free, &mark};

static void balance(const char *what)
{
    printf("%s: allocator used %d, all freed %d, wrong %d\n", what, made > 0, made == freed,
           wrong_opaque);
    made = freed = 0;
}

/* Codes all of in, a step at a time. */
static size_t run(lzma_stream *s, const uint8_t *in, size_t size, uint8_t *out, size_t room,
                  size_t step)
{
    const lzma_allocator *a = s->allocator;
    lzma_ret r = LZMA_OK;

    s->next_out = out;
    s->avail_out = room;
    s->avail_in = 0;
    for (size_t at = 0; r == LZMA_OK;) {
        if (!s->avail_in && at < size) {
            s->next_in = in + at;
            s->avail_in = size - at < step ? size - at : step;
            at += s->avail_in;
        }
        r = lzma_code(s, at == size ? LZMA_FINISH : LZMA_RUN);
    }
    printf("code %d in %d out %d allocator %d\n", r, s->total_in == size,
           s->total_out == room - s->avail_out, s->allocator == a);
    return room - s->avail_out;
}

static void decode(lzma_stream *s, size_t size)
{
    memset(back, 0, N);
    printf("size %zu", run(s, packed, size, back, N, 4321));
    printf(" %d check %d", memcmp(text, back, N), lzma_get_check(s));
    printf(" usage %d limit %d\n", lzma_memusage(s) > 0, lzma_memlimit_get(s) > 0);
}

static void easy(const lzma_allocator *a)
{
    lzma_stream s = LZMA_STREAM_INIT, t = LZMA_STREAM_INIT, moved;
    uint64_t in, out;
    size_t size;

    s.allocator = t.allocator = a;
    printf("easy %d", lzma_easy_encoder(&s, 2, LZMA_CHECK_CRC64));
    printf(" internal %d\n", s.internal != NULL);
    size = run(&s, text, N, packed, sizeof packed, 10000);
    lzma_get_progress(&s, &in, &out);
    printf("progress %d %d\n", in == N, out == size);
    printf("again %d\n", lzma_easy_encoder(&s, 0, LZMA_CHECK_SHA256));
    moved = s; /* liblzma does not mind */
    size = run(&moved, text, N, packed, sizeof packed, N);
    lzma_end(&moved);
    printf("end %d\n", moved.internal == NULL);
    printf("decoder %d\n", lzma_stream_decoder(&t, UINT64_MAX, LZMA_TELL_UNSUPPORTED_CHECK));
    decode(&t, size);
    printf("auto %d\n", lzma_auto_decoder(&t, UINT64_MAX, 0));
    decode(&t, size);
    printf("limit %d", lzma_memlimit_set(&t, 1));
    printf(" %d\n", lzma_stream_decoder(&t, 1000, 0));
    t.next_in = packed;
    t.avail_in = size;
    t.next_out = back;
    t.avail_out = N;
    printf("limited %d\n", lzma_code(&t, LZMA_FINISH));
    lzma_end(&t);
    lzma_end(&t);
    lzma_end(NULL);
}

static void alone_and_raw(const lzma_allocator *a)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_options_lzma o;
    lzma_options_delta d = {.type = LZMA_DELTA_TYPE_BYTE, .dist = 4};
    lzma_filter f[] = {{LZMA_FILTER_DELTA, &d}, {LZMA_FILTER_LZMA2, &o}, {LZMA_VLI_UNKNOWN, NULL}};
    lzma_filter x86[] = {
        {LZMA_FILTER_X86, NULL}, {LZMA_FILTER_LZMA2, &o}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t size, at = 0, out = 0;

    s.allocator = a;
    printf("preset %d %d\n", lzma_lzma_preset(&o, 1), lzma_lzma_preset(&o, 99));
    lzma_lzma_preset(&o, 1);
    printf("alone %d\n", lzma_alone_encoder(&s, &o));
    size = run(&s, text, N, packed, sizeof packed, N);
    printf("alone %d\n", lzma_alone_decoder(&s, UINT64_MAX));
    decode(&s, size);
    printf("raw %d", lzma_raw_encoder(&s, f));
    printf(" usage %d %d\n", lzma_raw_encoder_memusage(f) > 0, lzma_raw_decoder_memusage(f) > 0);
    size = run(&s, text, N, packed, sizeof packed, N);
    printf("raw %d\n", lzma_raw_decoder(&s, f));
    run(&s, packed, size, back, N, N);
    printf("raw %d\n", memcmp(text, back, N));
    printf("encoder %d", lzma_stream_encoder(&s, x86, LZMA_CHECK_CRC32));
    printf(" update %d\n", lzma_filters_update(&s, x86));
    size = run(&s, text, N, packed, sizeof packed, N);
    lzma_end(&s);
    printf("buffer %d", lzma_raw_buffer_encode(f, a, text, N, packed, &out, sizeof packed));
    size = out;
    out = 0;
    printf(" %d", lzma_raw_buffer_decode(f, a, packed, &at, size, back, &out, N));
    printf(" %d %zu\n", memcmp(text, back, N), out);
}

static void threaded(const lzma_allocator *a)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_mt mt = {.threads = 3, .block_size = 30000, .preset = 1, .check = LZMA_CHECK_CRC32};
    size_t size;

    s.allocator = a;
    printf("usage %d\n", lzma_stream_encoder_mt_memusage(&mt) > 1000000);
    printf("threads %d\n", lzma_stream_encoder_mt(&s, &mt));
    size = run(&s, text, N, packed, sizeof packed, 30000);
    mt.memlimit_threading = mt.memlimit_stop = UINT64_MAX;
    printf("threads %d\n", lzma_stream_decoder_mt(&s, &mt));
    decode(&s, size);
    lzma_end(&s);
}

static void filters(const lzma_allocator *a)
{
    lzma_filter f[LZMA_FILTERS_MAX + 1], g[LZMA_FILTERS_MAX + 1], one = {0};
    uint8_t bytes[64];
    size_t n = 0, at = 0;
    uint32_t size;
    char *s = NULL;
    const char *bad;
    int where;

    printf("to filters %s", lzma_str_to_filters("x86 lzma2:preset=6,dict=1MiB,lc=2", NULL, f, 0, a)
                                ? "bad"
                                : "good");
    printf(" %llx %u\n", (long long)f[1].id, ((lzma_options_lzma *)f[1].options)->dict_size);
    printf("from %d", lzma_str_from_filters(&s, f, LZMA_STR_ENCODER, a));
    printf(" %d %s\n", strstr(s, "lc=2") != NULL, strncmp(s, "x86", 3) ? "?" : "x86");
    a ? a->free(a->opaque, s) : free(s);
    printf("list %d", lzma_str_list_filters(&s, LZMA_FILTER_DELTA, LZMA_STR_ENCODER, a));
    printf(" %s\n", s);
    a ? a->free(a->opaque, s) : free(s);
    bad = lzma_str_to_filters("lzma2:dict=huge", &where, g, 0, a);
    printf("bad %d at %d\n", bad != NULL, where);
    printf("copy %d", lzma_filters_copy(f, g, a));
    printf(" %d\n", g[1].options != f[1].options && g[1].id == f[1].id);
    printf("flags %d", lzma_filter_flags_size(&size, &f[1]));
    printf(" %d", lzma_filter_flags_encode(&f[1], bytes, &n, sizeof bytes));
    printf(" %u %zu decode %d", size, n, lzma_filter_flags_decode(&one, a, bytes, &at, n));
    printf(" %llx %u\n", (long long)one.id, ((lzma_options_lzma *)one.options)->dict_size);
    a ? a->free(a->opaque, one.options) : free(one.options);
    printf("properties %d", lzma_properties_size(&size, &f[1]));
    printf(" %u %d", size, lzma_properties_encode(&f[1], bytes));
    printf(" %d", lzma_properties_decode(&one, a, bytes, size));
    printf(" %u\n", ((lzma_options_lzma *)one.options)->dict_size);
    a ? a->free(a->opaque, one.options) : free(one.options);
    lzma_filters_free(f, a);
    lzma_filters_free(g, a);
    printf("known %d %d %d\n", lzma_filter_encoder_is_supported(LZMA_FILTER_LZMA2),
           lzma_filter_decoder_is_supported(12345),
           lzma_mf_is_supported(LZMA_MF_BT4) + lzma_mode_is_supported(LZMA_MODE_FAST));
}

static void blocks_and_index(const lzma_allocator *a)
{
    lzma_options_lzma o;
    lzma_filter f[] = {{LZMA_FILTER_LZMA2, &o}, {LZMA_VLI_UNKNOWN, NULL}}, g[LZMA_FILTERS_MAX + 1];
    lzma_block b = {.check = LZMA_CHECK_CRC32, .filters = f},
               c = {.check = LZMA_CHECK_CRC32, .filters = g};
    lzma_index *i = lzma_index_init(a), *j = NULL, *k;
    lzma_index_iter it;
    lzma_index_hash *h = lzma_index_hash_init(NULL, a);
    size_t out = 0, at, n;
    uint64_t limit = UINT64_MAX;
    uint8_t bytes[1000];

    lzma_lzma_preset(&o, 0);
    printf("bound %d block %d", lzma_block_buffer_bound(N) > N,
           lzma_block_buffer_encode(&b, a, text, N, packed, &out, sizeof packed));
    printf(" %d\n", lzma_block_unpadded_size(&b) <= out);
    c.header_size = lzma_block_header_size_decode(packed[0]);
    printf("header %d", lzma_block_header_decode(&c, a, packed));
    at = c.header_size;
    n = out;
    out = 0;
    printf(" decode %d", lzma_block_buffer_decode(&c, a, packed, &at, n, back, &out, N));
    printf(" %zu %d\n", out, memcmp(text, back, N));
    lzma_filters_free(g, a);
    for (int m = 0; m < 3; m++) {
        printf("append %d", lzma_index_append(i, a, 100 + m, 5000 * (m + 1)));
        printf(" hash %d\n", lzma_index_hash_append(h, 100 + m, 5000 * (m + 1)));
    }
    out = 0;
    printf("encode %d", lzma_index_buffer_encode(i, bytes, &out, sizeof bytes));
    at = 0;
    printf(" decode %d", lzma_index_buffer_decode(&j, &limit, a, bytes, &at, out));
    at = 0;
    printf(" hash %d\n", lzma_index_hash_decode(h, bytes, &at, out));
    k = lzma_index_dup(j, a);
    printf("cat %d", lzma_index_cat(i, j, a));
    printf(" blocks %d streams %d size %d\n", (int)lzma_index_block_count(i),
           (int)lzma_index_stream_count(i), (int)lzma_index_uncompressed_size(i));
    lzma_index_iter_init(&it, i);
    while (!lzma_index_iter_next(&it, LZMA_INDEX_ITER_BLOCK))
        printf("block %d of stream %d at %d size %d\n", (int)it.block.number_in_file,
               (int)it.stream.number, (int)it.block.uncompressed_file_offset,
               (int)it.block.unpadded_size);
    lzma_index_iter_rewind(&it);
    printf("locate %d", lzma_index_iter_locate(&it, 20000));
    printf(" %d\n", (int)it.block.number_in_file);
    printf("locate %d\n", lzma_index_iter_locate(&it, 1000000));
    lzma_index_end(i, a);
    lzma_index_end(k, a);
    lzma_index_hash_end(h, a);
}

static void buffers(const lzma_allocator *a)
{
    size_t out = 0, at = 0, size;
    uint64_t limit = UINT64_MAX;
    lzma_stream_flags f = {0}, g = {0};
    uint8_t header[LZMA_STREAM_HEADER_SIZE];
    lzma_index *i = NULL;
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_ret r;

    printf("easy %d",
           lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, a, text, N, packed, &out, sizeof packed));
    size = out;
    out = 0;
    printf(" %d decode %d", size < lzma_stream_buffer_bound(N),
           lzma_stream_buffer_decode(&limit, 0, a, packed, &at, size, back, &out, N));
    printf(" %zu %d\n", out, memcmp(text, back, N));
    printf("header %d check %d", lzma_stream_header_decode(&f, packed), f.check);
    printf(" footer %d", lzma_stream_footer_decode(&g, packed + size - LZMA_STREAM_HEADER_SIZE));
    printf(" same %d %d\n", lzma_stream_flags_compare(&f, &g),
           lzma_stream_header_encode(&f, header));
    s.allocator = a;
    printf("file info %d\n", lzma_file_info_decoder(&s, &i, UINT64_MAX, size));
    s.next_in = packed;
    s.avail_in = size;
    while ((r = lzma_code(&s, LZMA_RUN)) == LZMA_SEEK_NEEDED) {
        printf("seek %d\n", s.seek_pos > 0);
        s.next_in = packed + s.seek_pos;
        s.avail_in = size - s.seek_pos;
    }
    printf("info %d %d\n", r, (int)lzma_index_uncompressed_size(i));
    lzma_index_end(i, a);
    lzma_end(&s);
    packed[size / 2] ^= 1;
    at = out = 0;
    printf("damaged %d\n",
           lzma_stream_buffer_decode(&limit, 0, a, packed, &at, size, back, &out, N));
}

static void errors_and_numbers(void)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_vli v;
    size_t pos = 0, at = 0;
    uint8_t bytes[9];

    printf("no coder %d\n", lzma_code(&s, LZMA_RUN));
    printf("preset %d internal %d\n", lzma_easy_encoder(&s, 77, LZMA_CHECK_NONE),
           s.internal != NULL);
    s.allocator = &none;
    printf("memory %d internal %d same %d\n", lzma_easy_encoder(&s, 1, LZMA_CHECK_NONE),
           s.internal != NULL, s.allocator == &none);
    printf("index %d\n", lzma_index_init(&none) == NULL);
    s.allocator = NULL;
    lzma_stream_decoder(&s, UINT64_MAX, 0);
    s.next_in = text;
    s.avail_in = 100;
    s.next_out = back;
    s.avail_out = 100;
    printf("format %d", lzma_code(&s, LZMA_RUN));
    printf(" then %d\n", lzma_code(&s, LZMA_FINISH));
    lzma_end(&s);
    printf("crc %x %llx\n", lzma_crc32(text, N, 0), (long long)lzma_crc64(text, N, 0));
    printf("vli %d %u", lzma_vli_encode(1234567, NULL, bytes, &pos, 9), lzma_vli_size(1234567));
    printf(" %d", lzma_vli_decode(&v, NULL, bytes, &at, pos));
    printf(" %d checks %d %u\n", (int)v, lzma_check_is_supported(LZMA_CHECK_SHA256),
           lzma_check_size(LZMA_CHECK_SHA256));
    printf("usage %d %d version %d %c\n", lzma_easy_encoder_memusage(6) > 1000000,
           lzma_easy_decoder_memusage(6) > 1000000, lzma_version_number() / 10000000,
           lzma_version_string()[0]);
}

int main(void)
{
    const lzma_allocator *both[] = {NULL, &own};

    fill(text, N);
    for (int i = 0; i < 2; i++) {
        easy(both[i]);
        balance("easy");
        alone_and_raw(both[i]);
        balance("alone");
        threaded(both[i]);
        balance("threads");
        filters(both[i]);
        balance("filters");
        blocks_and_index(both[i]);
        balance("blocks");
        buffers(both[i]);
        balance("buffers");
    }
    errors_and_numbers();
    return 0;
}
