/*
 * libc_utmp.c - login records. x86-64 keeps 32-bit session and time fields for i386 (384 bytes);
 * other hosts may not (400 bytes).
 */
#include "libc.h"

#include <utmp.h>

struct guest_utmp {
    i16 type;
    i32 pid;
    char line[32];
    char id[4];
    char user[32];
    char host[256];
    i16 term, exit;
    i32 session;
    i32 sec, usec;
    i32 addr[4];
    char unused[20];
};
_Static_assert(sizeof(struct guest_utmp) == 384, "struct utmp of x86-64");

static void to_guest(struct guest_utmp *g, const struct utmp *h)
{
    memset(g, 0, sizeof *g);
    g->type = h->ut_type;
    g->pid = h->ut_pid;
    memcpy(g->line, h->ut_line, sizeof g->line);
    memcpy(g->id, h->ut_id, sizeof g->id);
    memcpy(g->user, h->ut_user, sizeof g->user);
    memcpy(g->host, h->ut_host, sizeof g->host);
    g->term = h->ut_exit.e_termination;
    g->exit = h->ut_exit.e_exit;
    g->session = (i32)h->ut_session;
    g->sec = (i32)h->ut_tv.tv_sec;
    g->usec = (i32)h->ut_tv.tv_usec;
    memcpy(g->addr, h->ut_addr_v6, sizeof g->addr);
}

static struct utmp *to_host(struct utmp *h, const struct guest_utmp *g)
{
    memset(h, 0, sizeof *h);
    h->ut_type = g->type;
    h->ut_pid = g->pid;
    memcpy(h->ut_line, g->line, sizeof g->line);
    memcpy(h->ut_id, g->id, sizeof g->id);
    memcpy(h->ut_user, g->user, sizeof g->user);
    memcpy(h->ut_host, g->host, sizeof g->host);
    h->ut_exit.e_termination = g->term;
    h->ut_exit.e_exit = g->exit;
    h->ut_session = g->session;
    h->ut_tv.tv_sec = g->sec;
    h->ut_tv.tv_usec = g->usec;
    memcpy(h->ut_addr_v6, g->addr, sizeof g->addr);
    return h;
}

static __thread struct guest_utmp last;

static void *shown(const struct utmp *h)
{
    if (!h)
        return NULL;
    to_guest(&last, h);
    return &last;
}

void *my_getutent(void)
{
    return shown(getutent());
}

void *my_getutxent(void)
{
    return my_getutent();
}

void *my_getutid(void *id)
{
    struct utmp h;
    return shown(getutid(to_host(&h, id)));
}

void *my_getutxid(void *id)
{
    return my_getutid(id);
}

void *my_getutline(void *line)
{
    struct utmp h;
    return shown(getutline(to_host(&h, line)));
}

void *my_getutxline(void *line)
{
    return my_getutline(line);
}

void *my_pututline(void *u)
{
    struct utmp h;
    return shown(pututline(to_host(&h, u)));
}

void *my_pututxline(void *u)
{
    return my_pututline(u);
}

static i32 reentrant(int r, const struct utmp *found, void *buf, void *result)
{
    *(void **)result = NULL;
    if (!r && found) {
        to_guest(buf, found);
        *(void **)result = buf;
    }
    return r;
}

i32 my_getutent_r(void *buf, void *result)
{
    struct utmp h, *found;
    int r = getutent_r(&h, &found);
    return reentrant(r, found, buf, result);
}

i32 my_getutid_r(void *id, void *buf, void *result)
{
    struct utmp h, key, *found;
    int r = getutid_r(to_host(&key, id), &h, &found);
    return reentrant(r, found, buf, result);
}

i32 my_getutline_r(void *line, void *buf, void *result)
{
    struct utmp h, key, *found;
    int r = getutline_r(to_host(&key, line), &h, &found);
    return reentrant(r, found, buf, result);
}

void my_updwtmp(const char *file, void *u)
{
    struct utmp h;
    updwtmp(file, to_host(&h, u));
}

void my_updwtmpx(const char *file, void *u)
{
    my_updwtmp(file, u);
}

/* struct utmp and utmpx are one layout: a plain copy. */
void my_getutmp(void *from, void *to)
{
    memcpy(to, from, sizeof(struct guest_utmp));
}

void my_getutmpx(void *from, void *to)
{
    memcpy(to, from, sizeof(struct guest_utmp));
}

void my_login(void *u)
{
    struct utmp h;
    login(to_host(&h, u));
}
