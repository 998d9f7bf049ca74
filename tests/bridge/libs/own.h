/*
 * own.h - what the programs here that use compression libraries share: an allocator of the
 * program's that counts, from any thread, and looks whether it is handed its own mark; one that has
 * nothing to give; and text that packs well but not too well. Before it: SIZE, the type in which
 * the library's allocator counts.
 */
#include <stdlib.h>

static int made, freed, wrong_opaque;
static char mark;

static void *my_alloc(void *opaque, SIZE n, SIZE size)
{
    wrong_opaque += opaque != &mark;
    __atomic_add_fetch(&made, 1, __ATOMIC_SEQ_CST);
    return malloc((size_t)n * (size_t)size);
}

static void my_free(void *opaque, void *p)
{
    wrong_opaque += opaque != &mark;
    if (p)
        __atomic_add_fetch(&freed, 1, __ATOMIC_SEQ_CST);
    free(p);
}

static void *no_alloc(void *opaque, SIZE n, SIZE size)
{
    return opaque ? NULL : malloc((size_t)n * (size_t)size);
}

static void fill(unsigned char *text, unsigned size)
{
    unsigned seed = 1;

    for (unsigned i = 0; i < size; i++) {
        seed = seed * 1103515245 + 12345;
        text[i] = (unsigned char)(i % 97 < 60 ? "the quick brown fox "[i % 20] : seed >> 24);
    }
}
