/*
 * va.c - formats and variable arguments (see va.h). A format is walked once; each conversion says
 * the class of what it takes. Positional conversions (%2$d) are collected by position first.
 */
#include "bridge/va.h"

#include <printf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "bridge/arch.h"
#include "bridge/longdouble.h"

enum arg_class { ARG_NONE, ARG_INT, ARG_DOUBLE, ARG_LD, ARG_LD_PTR };

#define MAX_POSITION 64

struct br_va_hooks br_va_hooks;

struct walk {
    const void *format;
    bool wide;
    bool scanf;
    unsigned at;
    enum arg_class class;
    unsigned position; /* 0: next one */
    bool star[2];      /* width, precision given by an argument */
    unsigned star_position[2];
    bool assigns; /* scanf: counted in its result */
};

static u32 ch(const struct walk *w, unsigned i)
{
    return w->wide ? ld_u32((const u32 *)w->format + i) : ((const u8 *)w->format)[i];
}

static bool is_digit(u32 c)
{
    return c >= '0' && c <= '9';
}

static unsigned number(struct walk *w)
{
    unsigned v = 0;
    while (is_digit(ch(w, w->at)))
        v = v * 10 + (ch(w, w->at++) - '0');
    return v;
}

/* "12$" at the walk's place: its number, and the place moves behind it; 0 and no move otherwise. */
static unsigned position(struct walk *w)
{
    unsigned start = w->at, v = number(w);

    if (v && ch(w, w->at) == '$') {
        w->at++;
        return v;
    }
    w->at = start;
    return 0;
}

static void star(struct walk *w, unsigned which)
{
    w->at++;
    w->star[which] = true;
    w->star_position[which] = position(w);
}

static bool is_flag(const struct walk *w)
{
    u32 c = ch(w, w->at);
    return c && c < 128 && strchr(w->scanf ? "'I" : "-+ #0'I", (int)c);
}

/* Length modifiers; returns whether they say long double for a floating conversion. */
static bool length(struct walk *w)
{
    bool ld = false;

    for (;; w->at++) {
        u32 c = ch(w, w->at);
        if (c == 'L' || c == 'q' || (c == 'l' && ch(w, w->at + 1) == 'l'))
            ld = true;
        else if (!(c && c < 128 && strchr("hljztZ", (int)c)))
            return ld;
    }
}

static void skip_set(struct walk *w)
{
    if (ch(w, w->at) == '^')
        w->at++;
    if (ch(w, w->at) == ']')
        w->at++;
    while (ch(w, w->at) && ch(w, w->at) != ']')
        w->at++;
    if (ch(w, w->at))
        w->at++;
}

static void conversion(struct walk *w, bool ld)
{
    u32 c = ch(w, w->at);
    bool suppressed = w->scanf && w->star[0];

    if (c)
        w->at++;
    w->class = ARG_NONE;
    if (c == '%' || !c || (c == 'm' && !w->scanf))
        return;
    if (w->scanf && c == '[')
        skip_set(w);
    w->assigns = w->scanf && c != 'n' && !suppressed;
    if (suppressed)
        return;
    if (c < 128 && strchr("eEfFgGaA", (int)c))
        w->class = w->scanf ? (ld ? ARG_LD_PTR : ARG_INT) : (ld ? ARG_LD : ARG_DOUBLE);
    else
        w->class = ARG_INT;
}

/* Next conversion of the format; false at its end. */
static bool next(struct walk *w)
{
    bool ld;

    while (ch(w, w->at) && ch(w, w->at) != '%')
        w->at++;
    if (!ch(w, w->at))
        return false;
    w->at++;
    w->star[0] = w->star[1] = false;
    w->position = position(w);
    for (;;) { /* scanf: '*' suppresses, 'm' allocates; both and the flags come in any order */
        if (is_flag(w))
            w->at++;
        else if (ch(w, w->at) == '*' && !w->star[0])
            star(w, 0);
        else
            break;
    }
    number(w);
    if (!w->scanf && ch(w, w->at) == '.') {
        w->at++;
        if (ch(w, w->at) == '*')
            star(w, 1);
        else
            number(w);
    }
    if (w->scanf && ch(w, w->at) == 'm')
        w->at++;
    ld = length(w);
    conversion(w, ld);
    return true;
}

void br_va_from_call(struct br_va_args *a, const struct x86_cpu *c, unsigned ints, unsigned sses,
                     unsigned stack)
{
    static const u8 reg[6] = {7, 6, 2, 1, 8, 9};

    for (unsigned i = 0; i < 6; i++)
        a->save[i] = c->gpr[reg[i]];
    for (unsigned i = 0; i < 8; i++)
        memcpy(&a->save[6 + 2 * i], &c->vec[i], 16);
    a->va.gp_offset = 8 * (ints < 6 ? ints : 6);
    a->va.fp_offset = 48 + 16 * (sses < 8 ? sses : 8);
    a->va.overflow = c->gpr[4] + 8 + stack;
    a->va.reg_save = h2g(a->save);
}

static u64 overflow64(struct guest_va_list *va)
{
    u64 v = ld_u64(g2h(va->overflow));
    va->overflow += 8;
    return v;
}

u64 br_va_int(struct guest_va_list *va)
{
    if (va->gp_offset >= 48)
        return overflow64(va);
    va->gp_offset += 8;
    return ld_u64(g2h(va->reg_save + va->gp_offset - 8));
}

double br_va_double(struct guest_va_list *va)
{
    u64 bits;
    double d;

    if (va->fp_offset >= 176) {
        bits = overflow64(va);
    } else {
        bits = ld_u64(g2h(va->reg_save + va->fp_offset));
        va->fp_offset += 16;
    }
    memcpy(&d, &bits, sizeof d);
    return d;
}

long double br_va_ld(struct guest_va_list *va)
{
    gaddr at = align_up(va->overflow, 16);
    va->overflow = at + 16;
    return br_ld_get(g2h(at));
}

static void room(struct br_va *v, unsigned more)
{
    unsigned cap = v->cap * 2;
    u64 *p;

    if (v->n + more <= v->cap)
        return;
    p = aligned_alloc(16, cap * 8);
    if (!p)
        die("out of memory for %u variable arguments", cap);
    memcpy(p, v->slot, v->n * 8);
    if (v->slot != v->fixed)
        free(v->slot);
    v->slot = p;
    v->cap = cap;
}

static void push(struct br_va *v, const void *value, unsigned words)
{
    room(v, words + 1);
    if (words == 2 && v->n & 1)
        v->slot[v->n++] = 0;
    memcpy(v->slot + v->n, value, words * 8);
    v->n += words;
}

static void move_one(struct br_va *v, enum arg_class class, struct guest_va_list *va, unsigned nth)
{
    u64 i;
    double d;
    long double l;

    if (class == ARG_DOUBLE) {
        d = br_va_double(va);
        push(v, &d, 1);
        return;
    }
    if (class == ARG_LD) {
        l = br_va_ld(va);
        push(v, &l, 2);
        return;
    }
    i = br_va_int(va);
    if (class == ARG_LD_PTR && v->nld < BR_VA_LD) {
        v->ld[v->nld].to = i;
        v->ld[v->nld].nth = nth;
        i = h2g(&v->ldbuf[v->nld++]);
    }
    push(v, &i, 1);
}

static void positional(struct br_va *v, struct walk *w, struct guest_va_list *va)
{
    enum arg_class class[MAX_POSITION + 1] = {ARG_NONE};
    unsigned nth[MAX_POSITION + 1] = {0}, top = 0, assigned = 0;

    do {
        unsigned at[3] = {w->position, w->star[0] && !w->scanf ? w->star_position[0] : 0,
                          w->star[1] ? w->star_position[1] : 0};
        assigned += w->assigns;
        for (unsigned i = 0; i < 3; i++) {
            if (!at[i] || at[i] > MAX_POSITION || (i == 0 && w->class == ARG_NONE))
                continue;
            class[at[i]] = i ? ARG_INT : w->class;
            nth[at[i]] = i ? 0 : assigned;
            if (at[i] > top)
                top = at[i];
        }
    } while (next(w));
    for (unsigned i = 1; i <= top; i++)
        move_one(v, class[i] == ARG_NONE ? ARG_INT : class[i], va, nth[i]);
}

static void in_order(struct br_va *v, struct walk *w, struct guest_va_list *va)
{
    unsigned assigned = 0;

    do {
        for (unsigned i = 0; i < 2 && !w->scanf; i++) {
            if (w->star[i])
                move_one(v, ARG_INT, va, 0);
        }
        assigned += w->assigns;
        if (w->class != ARG_NONE)
            move_one(v, w->class, va, assigned);
    } while (next(w));
}

static void move_typed(struct br_va *v, int type, struct guest_va_list *va)
{
    int base = type & ~PA_FLAG_MASK;

    if (base >= PA_LAST && !(type & PA_FLAG_PTR)) {
        struct br_va_box *box = br_va_hooks.fetch(type, va);

        box->next = v->boxes;
        v->boxes = box;
        push(v, &(u64){h2g(box)}, 1);
    } else if ((base == PA_FLOAT || base == PA_DOUBLE) && !(type & PA_FLAG_PTR)) {
        move_one(v, type & PA_FLAG_LONG_DOUBLE ? ARG_LD : ARG_DOUBLE, va, 0);
    } else {
        move_one(v, ARG_INT, va, 0);
    }
}

/* The program has conversions of its own: the host's parser knows them too. */
static void hooked(struct br_va *v, const struct walk *w, struct guest_va_list *va)
{
    int type[MAX_POSITION];
    size_t n = br_va_hooks.types(w->wide, w->format, MAX_POSITION, type);

    for (size_t i = 0; i < n && i < MAX_POSITION; i++)
        move_typed(v, type[i], va);
}

/* strfmon(3): every conversion but %% takes a double, or a long double with L. */
static void strfmon_args(struct br_va *v, const char *f, struct guest_va_list *va)
{
    while ((f = strchr(f, '%'))) {
        bool ld = false;
        for (f++; *f && !strchr("in%", *f); f++) {
            if (*f == '=' && f[1])
                f++;
            else if (*f == 'L')
                ld = true;
        }
        if (!*f)
            return;
        if (*f++ != '%')
            move_one(v, ld ? ARG_LD : ARG_DOUBLE, va, 0);
    }
}

static void start(struct br_va *v)
{
    v->slot = v->fixed;
    v->cap = BR_VA_INLINE;
    v->n = v->nld = 0;
    v->boxes = NULL;
}

void br_va_format(struct br_va *v, enum br_va_kind kind, const void *format,
                  struct guest_va_list *va)
{
    struct walk w = {
        .format = format,
        .wide = kind == BR_VA_WPRINTF || kind == BR_VA_WSCANF,
        .scanf = kind == BR_VA_SCANF || kind == BR_VA_WSCANF,
    };

    start(v);
    if (kind == BR_VA_STRFMON)
        strfmon_args(v, format, va);
    else if (format && !w.scanf && br_va_hooks.types)
        hooked(v, &w, va);
    else if (format && next(&w)) {
        if (w.position)
            positional(v, &w, va);
        else
            in_order(v, &w, va);
    }
    br_arch_va_list(&v->ap, v->slot);
}

void br_va_ints(struct br_va *v, unsigned n, struct guest_va_list *va)
{
    start(v);
    for (unsigned i = 0; i < n; i++)
        move_one(v, ARG_INT, va, 0);
    br_arch_va_list(&v->ap, v->slot);
}

void br_va_done(struct br_va *v, int assigned)
{
    for (unsigned i = 0; i < v->nld; i++) {
        if (assigned > 0 && v->ld[i].nth <= (unsigned)assigned)
            br_ld_put(g2h(v->ld[i].to), v->ldbuf[i]);
    }
    while (v->boxes) {
        struct br_va_box *box = v->boxes;

        v->boxes = box->next;
        free(box);
    }
    if (v->slot != v->fixed)
        free(v->slot);
}
