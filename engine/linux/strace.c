/*
 * strace.c - BOX64_STRACE: one line per call, made from the kinds in its row.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "linux/local.h"

#include "linux/kinds.h"
#include "thread/thread.h"

#define STR_SHOWN 64
#define O_CREATES 020000100

struct line {
    char text[900];
    size_t n;
};

static const struct {
    u8 set;
    const char *name;
    u64 value;
} names[] = {
#define FLAG(set, name, value) {set, #name, value},
#include "linux/flags.def"
#undef FLAG
};

static void put(struct line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void put(struct line *l, const char *fmt, ...)
{
    va_list ap;
    int r;

    va_start(ap, fmt);
    r = vsnprintf(l->text + l->n, sizeof l->text - l->n, fmt, ap);
    va_end(ap);
    l->n += r < 0 ? 0 : (size_t)r;
    if (l->n >= sizeof l->text)
        l->n = sizeof l->text - 1;
}

static void put_bytes(struct line *l, u64 addr, u64 len)
{
    char b[STR_SHOWN];
    size_t n = len < sizeof b ? len : sizeof b;

    if (!sig_read(b, addr, n)) {
        put(l, "%#llx", (unsigned long long)addr);
        return;
    }
    put(l, "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char ch = (unsigned char)b[i];

        if (ch == '"' || ch == '\\')
            put(l, "\\%c", ch);
        else if (ch >= 32 && ch < 127)
            put(l, "%c", ch);
        else if (ch == '\n')
            put(l, "\\n");
        else if (ch == '\t')
            put(l, "\\t");
        else
            put(l, i + 1 < n && b[i + 1] >= '0' && b[i + 1] <= '9' ? "\\%03o" : "\\%o", ch);
    }
    put(l, len > n ? "\"..." : "\"");
}

static void put_string(struct line *l, u64 addr)
{
    char b[256];
    i64 n;

    if (!addr) {
        put(l, "NULL");
        return;
    }
    n = sig_read_str(b, addr, sizeof b);
    if (n == -ENAMETOOLONG)
        put(l, "\"%.*s\"...", (int)sizeof b, b);
    else if (n < 0)
        put(l, "%#llx", (unsigned long long)addr);
    else
        put_bytes(l, addr, (u64)n);
}

static void put_strings(struct line *l, u64 addr, bool count_only)
{
    u64 p;
    unsigned n = 0;

    if (!addr) {
        put(l, "NULL");
        return;
    }
    if (!count_only)
        put(l, "[");
    for (; n < 4096 && sig_read(&p, addr + 8 * n, 8) && p; n++) {
        if (count_only || n > 16)
            continue;
        put(l, n ? ", " : "");
        put_string(l, p);
    }
    if (count_only)
        put(l, "%#llx /* %u vars */", (unsigned long long)addr, n);
    else
        put(l, "]");
}

static void put_flags(struct line *l, unsigned set, u64 v)
{
    const char *sep = "";

    if (set == F_OPEN && !(v & 3)) {
        put(l, "O_RDONLY");
        sep = "|";
    } else if (!v) {
        put(l, set == F_PROT ? "PROT_NONE" : set == F_ACCESS ? "F_OK" : "0");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].set == set && (v & names[i].value) == names[i].value) {
            put(l, "%s%s", sep, names[i].name);
            sep = "|";
            v &= ~names[i].value;
        }
    }
    if (v)
        put(l, "%s%#llx", sep, (unsigned long long)v);
}

static void put_value(struct line *l, unsigned set, u64 v)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].set == set && names[i].value == (u32)v) {
            put(l, "%s", names[i].name);
            return;
        }
    }
    put(l, "%#llx", (unsigned long long)v);
}

static void put_sigset(struct line *l, u64 mask)
{
    const char *sep = "";

    put(l, "%s[", mask == ~0ull || __builtin_popcountll(mask) > 32 ? "~" : "");
    if (__builtin_popcountll(mask) > 32)
        mask = ~mask;
    for (int s = 1; s <= 64; s++) {
        if (mask & (1ull << (s - 1))) {
            put(l, "%s%s", sep, sig_name(s) + 3);
            sep = " ";
        }
    }
    put(l, "]");
}

static void put_stat(struct line *l, u64 addr)
{
    struct guest_stat s;

    if (sig_read(&s, addr, sizeof s))
        put(l, "{st_mode=%#o, st_size=%lld, ...}", s.mode, (long long)s.size);
}

static bool put_struct_known(struct line *l, unsigned s, u64 addr)
{
    u64 v[4];

    if (!sig_read(v, addr, sys_struct_size[s] < sizeof v ? sys_struct_size[s] : sizeof v))
        return false;
    switch (s) {
    case S_INT: put(l, "[%d]", (int)v[0]); return true;
    case S_LONG: put(l, "[%lld]", (long long)v[0]); return true;
    case S_TIMESPEC:
    case S_TIMEVAL:
        put(l, s == S_TIMESPEC ? "{tv_sec=%lld, tv_nsec=%lld}" : "{tv_sec=%lld, tv_usec=%lld}",
            (long long)v[0], (long long)v[1]);
        return true;
    case S_SIGSET: put_sigset(l, v[0]); return true;
    case S_RLIMIT:
        put(l, "{rlim_cur=%lld, rlim_max=%lld}", (long long)v[0], (long long)v[1]);
        return true;
    case S_FDPAIR: put(l, "[%d, %d]", (int)v[0], (int)(v[0] >> 32)); return true;
    case S_SIGACTION:
        put(l,
            v[0] > 1 ? "{sa_handler=%#llx, sa_mask="
            : v[0]   ? "{sa_handler=SIG_IGN, sa_mask="
                     : "{sa_handler=SIG_DFL, sa_mask=",
            (unsigned long long)v[0]);
        put_sigset(l, v[3]);
        put(l, ", sa_flags=%#llx}", (unsigned long long)v[1]);
        return true;
    case S_STAT: put_stat(l, addr); return true;
    }
    return false;
}

static void put_struct(struct line *l, unsigned s, u64 addr)
{
    if (!addr)
        put(l, "NULL");
    else if (!put_struct_known(l, s, addr))
        put(l, "%#llx", (unsigned long long)addr);
}

static bool is_pointer(unsigned kind)
{
    return KIND_OF(kind) == A_PTR || KIND_OF(kind) >= AK_OARR;
}

/* With the result, or before the call (done = false: nothing has been written yet). */
static void put_arg(struct line *l, unsigned kind, const u64 *a, unsigned i, bool done, i64 r)
{
    unsigned p = PARAM_OF(kind);
    u64 v = a[i];

    switch (KIND_OF(kind)) {
    case A_ATFD:
        if ((int)v == GUEST_AT_FDCWD) {
            put(l, "AT_FDCWD");
            break;
        }
        __attribute__((fallthrough));
    case A_FD:
    case A_INT: put(l, "%d", (int)v); break;
    case A_UINT: put(l, "%u", (unsigned)v); break;
    case A_LONG: put(l, "%lld", (long long)v); break;
    case A_SIZE: put(l, "%llu", (unsigned long long)v); break;
    case A_OCT: put(l, "%#o", (unsigned)v); break;
    case A_PATH:
    case A_STR: put_string(l, v); break;
    case A_STRV:
    case A_ENVV: put_strings(l, v, kind == A_ENVV); break;
    case A_SIG: put(l, "%s", sig_name((int)v)); break;
    case AK_FLAGS: put_flags(l, p, v); break;
    case AK_VAL: put_value(l, p, v); break;
    case AK_IBUF: put_bytes(l, v, a[p]); break;
    case AK_OBUF:
        if (done && r >= 0)
            put_bytes(l, v, (u64)r < a[p] ? (u64)r : a[p]);
        else
            put(l, "%#llx", (unsigned long long)v);
        break;
    case AK_IN: put_struct(l, p, v); break;
    case AK_OUT:
    case AK_IO:
        if (done && r >= 0)
            put_struct(l, p, v);
        else
            put(l, "%#llx", (unsigned long long)v);
        break;
    default:
        if (v)
            put(l, "%#llx", (unsigned long long)v);
        else
            put(l, "%s", is_pointer(kind) ? "NULL" : "0");
    }
}

static void begin(struct line *l, const struct sys_row *row, const u64 *a, bool done, i64 r)
{
    struct thr *t = thr_self();

    l->n = 0;
    if (thr_count() > 1 || (t && t->tid != getpid()))
        put(l, "[%d] ", t ? t->tid : 0);
    put(l, "%s(", row->name);
    for (unsigned i = 0; i < SYS_ARGS && row->args[i]; i++) {
        if (i && row->args[i] == A_OCT && row->args[i - 1] == A_FLAGS(F_OPEN) &&
            !(a[i - 1] & O_CREATES))
            break; /* open's mode only counts when a file may be made */
        put(l, i ? ", " : "");
        put_arg(l, row->args[i], a, i, done, r);
    }
    put(l, ")");
}

bool strace_is_final(const struct sys_row *row)
{
    return !strncmp(row->name, "exec", 4) || !strncmp(row->name, "exit", 4) ||
           !strcmp(row->name, "rt_sigreturn");
}

void strace_before(const struct sys_row *row, const u64 *a)
{
    struct line l;

    begin(&l, row, a, false, 0);
    trace_print("%s = ?", l.text);
}

void strace_after(const struct sys_row *row, const u64 *a, i64 r)
{
    struct line l;

    if (!strcmp(row->name, "rt_sigreturn"))
        return;
    begin(&l, row, a, true, r);
    if (r == -SIG_RESTART)
        put(&l, " = ? ERESTARTSYS");
    else if (r < 0 && r > -4096)
        put(&l, " = -1 %s (%s)", strerrorname_np((int)-r), strerror((int)-r));
    else if ((u64)r > 0xffffffff)
        put(&l, " = %#llx", (unsigned long long)r);
    else
        put(&l, " = %lld", (long long)r);
    trace_print("%s", l.text);
}
