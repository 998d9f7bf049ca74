/*
 * libc_text.c - functions with a format that have no v variant in the native libc, and argp (its
 * structures hold functions).
 */
#include "libc.h"

#include <limits.h>
#include <locale.h>
#include <argp.h>
#include <error.h>
#include <monetary.h>
#include <stdarg.h>
#include <stdio.h>

static struct br_sync_var *const error_vars[] = {
    &sv_program_invocation_name,
    &sv_program_invocation_short_name,
    &sv_error_one_per_line,
    &sv_error_message_count,
};

/* Formats the guest's arguments; NULL when out of memory. */
static char *format(struct x86_cpu *c, const char *fmt, unsigned ints)
{
    struct br_va_args a;
    struct br_va v;
    char *text = NULL;
    int n;

    br_va_from_call(&a, c, ints, 0, 0);
    br_va_format(&v, BR_VA_PRINTF, fmt, &a.va);
    n = vasprintf(&text, fmt, v.ap);
    br_va_done(&v, 0);
    return n < 0 ? NULL : text;
}

/* A variable that holds a guest function, as the native library may call it. */
static void *hook(const struct br_sync_var *v, const struct br_cbtype *type)
{
    return v->guest ? br_callback(ld_u64(g2h(v->guest)), type) : NULL;
}

void raw_error(struct x86_cpu *c, void *fn)
{
    int e = errno;
    char *text = format(c, br_ptr(br_int(c, 2)), 3);

    (void)fn;
    br_sync_in(error_vars, ARRAY_SIZE(error_vars));
    error_print_progname = (void (*)(void))(uintptr_t)hook(&sv_error_print_progname, &cbt_v_);
    errno = e;
    error((int)br_int(c, 0), (int)br_int(c, 1), "%s", text ? text : "out of memory");
    br_sync_out(error_vars, ARRAY_SIZE(error_vars));
    free(text);
}

void raw_error_at_line(struct x86_cpu *c, void *fn)
{
    int e = errno;
    char *text = format(c, br_ptr(br_int(c, 4)), 5);

    (void)fn;
    br_sync_in(error_vars, ARRAY_SIZE(error_vars));
    error_print_progname = (void (*)(void))(uintptr_t)hook(&sv_error_print_progname, &cbt_v_);
    errno = e;
    error_at_line((int)br_int(c, 0), (int)br_int(c, 1), br_ptr(br_int(c, 2)),
                  (unsigned)br_int(c, 3), "%s", text ? text : "out of memory");
    br_sync_out(error_vars, ARRAY_SIZE(error_vars));
    free(text);
}

/* ---- argp ---- */

struct argp_copy {
    struct argp argp;
    struct argp_copy **kids; /* to be freed, NULL-terminated */
};

static void argp_free(struct argp_copy *a)
{
    if (!a)
        return;
    for (unsigned i = 0; a->kids && a->kids[i]; i++)
        argp_free(a->kids[i]);
    free(a->kids);
    free((void *)(uintptr_t)a->argp.children);
    free(a);
}

/* The guest's structure with native pointers for its functions. */
static struct argp_copy *argp_native(const struct argp *guest)
{
    struct argp_copy *a = calloc(1, sizeof *a);
    struct argp_child *list;
    unsigned n = 0;

    if (!a)
        return NULL;
    a->argp = *guest;
    a->argp.parser =
        (argp_parser_t)(uintptr_t)br_callback(h2g((void *)(uintptr_t)guest->parser), &cbt_i_ipp);
    a->argp.help_filter = (char *(*)(int, const char *, void *))(uintptr_t)br_callback(
        h2g((void *)(uintptr_t)guest->help_filter), &cbt_p_ipp);
    if (!guest->children)
        return a;
    while (guest->children[n].argp)
        n++;
    list = calloc(n + 1, sizeof *list);
    a->argp.children = list;
    a->kids = calloc(n + 1, sizeof *a->kids);
    for (unsigned i = 0; list && a->kids && i < n; i++) {
        list[i] = guest->children[i];
        a->kids[i] = argp_native(guest->children[i].argp);
        if (!a->kids[i])
            break;
        list[i].argp = &a->kids[i]->argp;
    }
    return a;
}

i32 my_argp_parse(void *guest, i32 argc, void *argv, u32 flags, void *index, void *input)
{
    static const struct argp none;
    struct argp_copy *a = argp_native(guest ? guest : &none);
    int r;

    if (!a)
        return ENOMEM;
    argp_program_version_hook = (void (*)(FILE *, struct argp_state *))(uintptr_t)hook(
        &sv_argp_program_version_hook, &cbt_v_pp);
    r = argp_parse(&a->argp, argc, argv, flags, index, input);
    argp_free(a);
    return r;
}

void my_argp_help(void *guest, void *stream, u32 flags, void *name)
{
    struct argp_copy *a = argp_native(guest);

    if (a)
        argp_help(&a->argp, stream, flags, name);
    argp_free(a);
}

void raw_argp_error(struct x86_cpu *c, void *fn)
{
    char *text = format(c, br_ptr(br_int(c, 1)), 2);

    (void)fn;
    argp_error(br_ptr(br_int(c, 0)), "%s", text ? text : "out of memory");
    free(text);
}

void raw_argp_failure(struct x86_cpu *c, void *fn)
{
    char *text = br_int(c, 3) ? format(c, br_ptr(br_int(c, 3)), 4) : NULL;

    (void)fn;
    if (text)
        argp_failure(br_ptr(br_int(c, 0)), (int)br_int(c, 1), (int)br_int(c, 2), "%s", text);
    else
        argp_failure(br_ptr(br_int(c, 0)), (int)br_int(c, 1), (int)br_int(c, 2), NULL);
    free(text);
}

/* ---- strfmon: the native function takes `...`, so each conversion of the format is made by a call
 * of its own ---- */

/* Length of the conversion at f ("%" included), *conv its letter. */
static size_t money_conversion(const char *f, char *conv, bool *ld)
{
    size_t n = 1;

    *ld = false;
    for (; f[n] && !strchr("in%", f[n]); n++) {
        if (f[n] == '=' && f[n + 1])
            n++;
        else if (f[n] == 'L')
            *ld = true;
    }
    *conv = f[n];
    return f[n] ? n + 1 : n;
}

static ssize_t money_piece(char *to, size_t room, locale_t loc, const char *f,
                           struct guest_va_list *va, size_t *used)
{
    char one[64], conv;
    bool ld;

    *used = money_conversion(f, &conv, &ld);
    if (*used >= sizeof one) {
        errno = EINVAL;
        return -1;
    }
    memcpy(one, f, *used);
    one[*used] = 0;
    if (conv == '%')
        return loc ? strfmon_l(to, room, loc, "%%") : strfmon(to, room, "%%");
    if (ld)
        return loc ? strfmon_l(to, room, loc, one, br_va_ld(va))
                   : strfmon(to, room, one, br_va_ld(va));
    return loc ? strfmon_l(to, room, loc, one, br_va_double(va))
               : strfmon(to, room, one, br_va_double(va));
}

static i64 money(struct x86_cpu *c, char *to, size_t room, locale_t loc, const char *f,
                 unsigned ints)
{
    struct br_va_args a;
    size_t at = 0;

    br_va_from_call(&a, c, ints, 0, 0);
    while (*f) {
        size_t used = 1;
        ssize_t n = 1;
        if (at + 1 >= room) {
            errno = E2BIG;
            return -1;
        }
        if (*f == '%')
            n = money_piece(to + at, room - at, loc, f, &a.va, &used);
        else
            to[at] = *f;
        if (n < 0)
            return -1;
        at += (size_t)n;
        f += used;
    }
    if (room)
        to[at] = 0;
    return (i64)at;
}

void raw_strfmon(struct x86_cpu *c, void *fn)
{
    (void)fn;
    br_ret(c, (u64)money(c, br_ptr(br_int(c, 0)), br_int(c, 1), NULL, br_ptr(br_int(c, 2)), 3));
}

void raw_strfmon_l(struct x86_cpu *c, void *fn)
{
    (void)fn;
    br_ret(c, (u64)money(c, br_ptr(br_int(c, 0)), br_int(c, 1), br_ptr(br_int(c, 2)),
                         br_ptr(br_int(c, 3)), 4));
}

/* "Not available" is CHAR_MAX, which is not the same where char has no sign. */
void *my_localeconv(void)
{
    static __thread struct lconv copy;
    char *first = &copy.int_frac_digits, *end = &copy.int_n_sign_posn + 1;

    copy = *localeconv();
    for (char *p = first; p < end; p++)
        if (*p == CHAR_MAX)
            *p = 127;
    return &copy;
}
