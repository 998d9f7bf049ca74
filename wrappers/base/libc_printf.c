/*
 * libc_printf.c - conversions that a program registers with printf. Native printf gets handlers of
 * ours, which call the guest's by the conversion's letter; how a format's arguments move from the
 * guest's variable arguments to native ones is then asked of the host's parse_printf_format, which
 * knows what was registered (bridge/va.c).
 */
#include "libc.h"

#include <printf.h>
#include <wchar.h>

#include "bridge/longdouble.h"
#include "bridge/va.h"

#define MAX_ARGS 16
#define MAX_TYPES 64

/* Written by registrations, which a program must not run beside printf (they have no lock). */
static struct {
    gaddr print, arginfo;
} specifier[256];
static struct {
    gaddr fetch;
    size_t size; /* as the guest's arginfo function said last */
} user_type[MAX_TYPES];

static bool is_user_type(int type)
{
    return type >= PA_LAST && type < PA_LAST + MAX_TYPES;
}

static bool is_long_double(int type)
{
    return type == (PA_DOUBLE | PA_FLAG_LONG_DOUBLE) || type == (PA_FLOAT | PA_FLAG_LONG_DOUBLE);
}

/* Formats are looked at before the wrapper has read all of its arguments from the registers. */
static u64 call_keeping_registers(gaddr fn, unsigned n, const u64 *args)
{
    struct x86_cpu *c = libc_cpu();
    u64 gpr[16], r;

    memcpy(gpr, c->gpr, sizeof gpr);
    r = br_call_guest(fn, n, args);
    memcpy(c->gpr, gpr, sizeof gpr);
    return r;
}

static int on_arginfo(const struct printf_info *info, size_t n, int *types, int *sizes)
{
    u64 args[4] = {h2g(info), n, h2g(types), h2g(sizes)};
    int r = (int)call_keeping_registers(specifier[info->spec & 255].arginfo, 4, args);

    for (int i = 0; i < r && i < (int)n; i++)
        if (is_user_type(types[i]))
            user_type[types[i] - PA_LAST].size = (size_t)sizes[i];
    return r;
}

static int on_print(FILE *f, const struct printf_info *info, const void *const *args)
{
    int types[MAX_ARGS], sizes[MAX_ARGS], n = on_arginfo(info, MAX_ARGS, types, sizes);
    u8 ld[MAX_ARGS][16] __attribute__((aligned(16)));
    const void *moved[MAX_ARGS] = {NULL};

    for (int i = 0; i < n && i < MAX_ARGS; i++) {
        moved[i] = args[i];
        if (is_long_double(types[i])) {
            br_ld_put(ld[i], *(const long double *)args[i]);
            moved[i] = ld[i];
        }
    }
    return (int)br_call_guest(specifier[info->spec & 255].print, 3,
                              (u64[]){h2g(f), h2g(info), h2g(moved)});
}

static void on_type(void *mem, va_list *ap)
{
    const struct br_va_box *box = va_arg(*ap, const struct br_va_box *);

    memcpy(mem, box->bytes, box->size);
}

static struct br_va_box *fetch(int type, struct guest_va_list *va)
{
    size_t size = is_user_type(type) ? user_type[type - PA_LAST].size : 0;
    struct br_va_box *box = calloc(1, sizeof *box + size);

    if (!box)
        die("out of memory for an argument of printf");
    box->size = size;
    if (is_user_type(type))
        call_keeping_registers(user_type[type - PA_LAST].fetch, 2,
                               (u64[]){h2g(box->bytes), h2g(va)});
    return box;
}

/* Conversions are ASCII, so the text between them does not matter. */
static size_t wide_types(const u32 *format, size_t n, int *types)
{
    size_t len = 0, got;
    char *narrow;

    while (ld_u32(format + len))
        len++;
    narrow = malloc(len + 1);
    if (!narrow)
        die("out of memory for a format of printf");
    for (size_t i = 0; i <= len; i++) {
        u32 c = ld_u32(format + i);
        narrow[i] = c < 128 ? (char)c : '?';
    }
    got = parse_printf_format(narrow, n, types);
    free(narrow);
    return got;
}

static size_t format_types(bool wide, const void *format, size_t n, int *types)
{
    return wide ? wide_types(format, n, types) : parse_printf_format(format, n, types);
}

static void use_hooks(void)
{
    br_va_hooks.fetch = fetch;
    __atomic_store_n(&br_va_hooks.types, format_types, __ATOMIC_RELEASE);
}

i32 my_register_printf_type(void *fn)
{
    int type = register_printf_type(on_type);

    if (type < 0)
        return type;
    if (!is_user_type(type)) {
        errno = ENOSPC;
        return -1;
    }
    user_type[type - PA_LAST].fetch = h2g(fn);
    use_hooks();
    return type;
}

i32 my_register_printf_modifier(void *name)
{
    int bit = register_printf_modifier(name);

    if (bit >= 0)
        use_hooks();
    return bit;
}

i32 my_register_printf_specifier(i32 c, void *print, void *arginfo)
{
    int r;

    if (c >= 0 && c < 256) {
        specifier[c].print = h2g(print);
        specifier[c].arginfo = h2g(arginfo);
    }
    r = register_printf_specifier(c, print ? on_print : NULL, arginfo ? on_arginfo : NULL);
    if (!r)
        use_hooks();
    return r;
}

i32 my_printf_size(void *f, void *info_ptr, void *args_ptr)
{
    const struct printf_info *info = info_ptr;
    const void *const *args = args_ptr;
    long double value;

    if (!info->is_long_double)
        return printf_size(f, info, args);
    value = br_ld_get(args[0]);
    return printf_size(f, info, (const void *const[]){&value});
}
