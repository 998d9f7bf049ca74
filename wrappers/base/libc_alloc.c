/*
 * libc_alloc.c - functions whose result the guest frees. A program may bring its own malloc
 * (jemalloc, tcmalloc, mimalloc, linked in or preloaded); glibc's strdup and its like then use that
 * one, so that the program's free takes what they made. Here the native libc makes it and the
 * result moves to memory from the guest's malloc. Programs that use the wrapped malloc keep the
 * native block.
 */
#include "libc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

#include "bridge/va.h"
#include "elf/elf.h"

#define GLIBC_FIRST_LINE 120 /* what getline allocates first */
#define UNKNOWN 1

/* The guest's own function of that name as its objects are bound to it; 0: the wrapped one. */
static gaddr own(gaddr *known, const char *name)
{
    gaddr a = __atomic_load_n(known, __ATOMIC_RELAXED);

    if (a == UNKNOWN) {
        a = dl_symbol(0, name, NULL, libc_caller());
        if (a && br_is_bridge(a, NULL, NULL))
            a = 0;
        __atomic_store_n(known, a, __ATOMIC_RELAXED);
    }
    return a;
}

static gaddr own_malloc(void)
{
    static gaddr known = UNKNOWN;
    return own(&known, "malloc");
}

static gaddr own_realloc(void)
{
    static gaddr known = UNKNOWN;
    return own(&known, "realloc");
}

static void *guest_alloc(gaddr fn, size_t size)
{
    u64 arg = size;
    void *p = br_ptr(br_call_guest(fn, 1, &arg));

    if (!p)
        errno = ENOMEM;
    return p;
}

static gaddr own_free(void)
{
    static gaddr known = UNKNOWN;
    return own(&known, "free");
}

/* Looks both up: the others may be called by a library's own thread, which no guest code called. */
bool libc_has_own_malloc(void)
{
    return own_malloc() && own_free();
}

void *libc_own_malloc(size_t size)
{
    return guest_alloc(own_malloc(), size);
}

void libc_own_free(void *p)
{
    u64 arg = h2g(p);

    br_call_guest(own_free(), 1, &arg);
}

void *libc_hand_over(void *native, size_t size)
{
    gaddr fn = native ? own_malloc() : 0;
    void *p;
    int e = errno;

    if (!fn)
        return native;
    p = guest_alloc(fn, size);
    if (p) {
        memcpy(p, native, size);
        errno = e;
    }
    free(native);
    return p;
}

char *libc_hand_over_string(char *native)
{
    return libc_hand_over(native, native ? strlen(native) + 1 : 0);
}

const char *my_strdup(const char *s)
{
    return libc_hand_over_string(strdup(s));
}

const char *my_strndup(const char *s, u64 n)
{
    return libc_hand_over_string(strndup(s, n));
}

void *my_wcsdup(void *s)
{
    /* Guest and host both have wchar_t of 4 bytes. */
    return libc_hand_over(wcsdup(s), (wcslen(s) + 1) * sizeof(wchar_t));
}

const char *my_getcwd(void *buffer, u64 size)
{
    char *p = getcwd(buffer, size);
    return buffer || !p ? p : libc_hand_over(p, size > strlen(p) ? size : strlen(p) + 1);
}

const char *my_get_current_dir_name(void)
{
    return libc_hand_over_string(get_current_dir_name());
}

static void print_to_new(struct x86_cpu *c, void *format, struct guest_va_list *va)
{
    char *text = NULL, *given, **out = br_ptr(br_int(c, 0));
    struct br_va v;
    int n;

    br_va_format(&v, BR_VA_PRINTF, format, va);
    n = vasprintf(&text, format, v.ap);
    br_va_done(&v, 0);
    if (n >= 0) {
        given = libc_hand_over(text, (size_t)n + 1);
        *out = given;
        n = given ? n : -1;
    }
    br_ret(c, (u32)n);
}

void raw_asprintf(struct x86_cpu *c, void *fn)
{
    struct br_va_args a;

    (void)fn;
    br_va_from_call(&a, c, 2, 0, 0);
    print_to_new(c, br_ptr(br_int(c, 1)), &a.va);
}

/* The flag asks for a check of %n in writable formats, which programs see only when they fail. */
void raw___asprintf_chk(struct x86_cpu *c, void *fn)
{
    struct br_va_args a;

    (void)fn;
    br_va_from_call(&a, c, 3, 0, 0);
    print_to_new(c, br_ptr(br_int(c, 2)), &a.va);
}

void raw_vasprintf(struct x86_cpu *c, void *fn)
{
    (void)fn;
    print_to_new(c, br_ptr(br_int(c, 1)), br_ptr(br_int(c, 2)));
}

void raw___vasprintf_chk(struct x86_cpu *c, void *fn)
{
    (void)fn;
    print_to_new(c, br_ptr(br_int(c, 2)), br_ptr(br_int(c, 3)));
}

void *my_reallocarray(void *p, u64 n, u64 size)
{
    gaddr fn = own_realloc();
    u64 args[2] = {h2g(p)};

    if (!fn)
        return reallocarray(p, n, size);
    if (__builtin_mul_overflow(n, size, &args[1])) {
        errno = ENOMEM;
        return NULL;
    }
    return br_ptr(br_call_guest(fn, 2, args));
}

/* Makes *line hold `size` bytes. */
static bool grow_line(gaddr fn, char **line, u64 *room, u64 size)
{
    u64 args[2] = {h2g(*line), size < GLIBC_FIRST_LINE ? GLIBC_FIRST_LINE : size};
    void *p;

    if (*line && *room >= size)
        return true;
    p = br_ptr(br_call_guest(fn, 2, args));
    if (!p) {
        errno = ENOMEM;
        return false;
    }
    *line = p;
    *room = args[1];
    return true;
}

/* Reading may block: signals are handled meanwhile, as in native code called directly. */
static ssize_t native_getdelim(char **line, size_t *room, int delimiter, FILE *f)
{
    struct thr *t = thr_self();
    ssize_t n;

    sig_native_resume(t, SIG_NATIVE_CALL);
    n = getdelim(line, room, delimiter, f);
    sig_native_leave(t);
    return n;
}

i64 my_getdelim(void *line, void *room, i32 delimiter, void *f)
{
    gaddr fn = own_realloc();
    char *text = NULL;
    size_t size = 0;
    ssize_t n;

    if (!fn || !line || !room)
        return native_getdelim(line, room, delimiter, f);
    n = native_getdelim(&text, &size, delimiter, f);
    if (n >= 0) {
        if (grow_line(fn, line, room, (u64)n + 1))
            memcpy(*(char **)line, text, (size_t)n + 1);
        else
            n = -1;
    }
    free(text);
    return n;
}

i64 my_getline(void *line, void *room, void *f)
{
    return my_getdelim(line, room, '\n', f);
}

/* The list and each entry are freed one by one. */
static i32 hand_over_entries(struct dirent ***list, i32 n)
{
    for (i32 i = 0; i < n; i++)
        (*list)[i] = libc_hand_over((*list)[i], (*list)[i]->d_reclen);
    if (n >= 0)
        *list = libc_hand_over(*list, (size_t)n * sizeof **list);
    return n;
}

i32 my_scandirat(i32 folder, const char *name, void *list, void *filter, void *order)
{
    return hand_over_entries(
        list, scandirat(folder, name, list, (int (*)(const struct dirent *))filter,
                        (int (*)(const struct dirent **, const struct dirent **))order));
}

i32 my_scandir(const char *name, void *list, void *filter, void *order)
{
    return my_scandirat(AT_FDCWD, name, list, filter, order);
}
