/*
 * log.c - log_print, trace_print and die (see log.h). Called from every room, signal handlers
 * included.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int log_level = LOG_WARN;
unsigned trace_mask;
int trace_fd = 2;
void (*die_hook)(void);

static void put_line(int fd, const char *prefix, const char *fmt, va_list ap)
{
    char line[LOG_LINE_MAX];
    int saved = errno;
    size_t n = strlen(prefix);
    int r;

    memcpy(line, prefix, n);
    r = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
    n += r < 0 ? 0 : (size_t)r;
    if (n > sizeof line - 2)
        n = sizeof line - 2;
    line[n++] = '\n';
    if (write(fd, line, n) < 0) {
        /* nowhere left to complain */
    }
    errno = saved;
}

void log_print(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    if ((int)level > log_level && level != LOG_ERROR)
        return;
    va_start(ap, fmt);
    put_line(2, "box64: ", fmt, ap);
    va_end(ap);
}

void trace_print(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_line(trace_fd, "", fmt, ap);
    va_end(ap);
}

void die_at(const char *file, int line, const char *fmt, ...)
{
    const char *base = strrchr(file, '/');
    char where[128];
    va_list ap;

    snprintf(where, sizeof where, "box64: internal error (%s:%d): ", base ? base + 1 : file, line);
    va_start(ap, fmt);
    put_line(2, where, fmt, ap);
    va_end(ap);
    if (die_hook)
        die_hook();
    abort();
}
