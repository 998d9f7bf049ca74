/*
 * log.h - messages and the end of the road. Lines go to stderr with write(2): no buffering, no
 * locks, safe in a signal handler (formatting is snprintf into a stack buffer of LOG_LINE_MAX
 * bytes). Levels follow BOX64_LOG: 0 errors only, 1 warnings, 2 info, 3 debug.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/types.h"

#define LOG_LINE_MAX 1024

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

extern int log_level;

/* Prints "box64: <text>\n" when level <= log_level. Errors are always printed. */
void log_print(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
    do {                                                                                           \
        if (UNLIKELY(log_level >= LOG_DEBUG))                                                      \
            log_print(LOG_DEBUG, __VA_ARGS__);                                                     \
    } while (0)

/* BOX64_TRACE channels: one bit each; output goes to trace_fd (stderr unless BOX64_TRACE_FILE). */
enum trace_channel {
    TRACE_INSN = 1,
    TRACE_BLOCK = 2,
    TRACE_SYS = 4,
    TRACE_SIG = 8,
    TRACE_BRIDGE = 16
};
extern unsigned trace_mask;
extern int trace_fd;
void trace_print(const char *fmt, ...) PRINTF_LIKE(1, 2);
#define trace_on(ch) UNLIKELY(trace_mask &(ch))

/* An impossible state of the emulator itself: prints where and what, calls die_hook (guest
 * backtrace), aborts. */
extern void (*die_hook)(void);
NORETURN void die_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
#define die(...) die_at(__FILE__, __LINE__, __VA_ARGS__)
#define ASSERT(cond)                                                                               \
    do {                                                                                           \
        if (UNLIKELY(!(cond)))                                                                     \
            die("assertion failed: %s", #cond);                                                    \
    } while (0)

#endif
