/* time.h, sys/time.h, locale.h, langinfo.h, iconv.h, monetary.h, nl_types.h. */
#include <iconv.h>
#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <monetary.h>
#include <nl_types.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define N(x) printf("%s = %ld\n", #x, (long)(x))
#define S(x) show(#x, x)

static void show(const char *what, const char *s)
{
    printf("%s = %s\n", what, s ? s : "(null)");
}

static void calendar(void)
{
    time_t t = 1700000000;
    struct tm tm, *p;
    char b[200];
    wchar_t w[100];

    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), tzset();
    S(tzname[0]), S(tzname[1]), N(timezone), N(daylight);
    p = localtime(&t), N(p->tm_hour), S(p->tm_zone), N(p->tm_gmtoff), S(asctime(p));
    p = gmtime(&t), N(p->tm_hour), S(ctime(&t)), localtime_r(&t, &tm), N(tm.tm_yday),
    N(mktime(&tm)), S(asctime_r(&tm, b)), S(ctime_r(&t, b));
    gmtime_r(&t, &tm), N(timegm(&tm)), N(timelocal(&tm)),
        N(strftime(b, sizeof b,
                   "%a %A %b %B %c %C %d %D %e %F %g %G %H %I %j %m %M %n %p %r %R %S %t %T %u %U "
                   "%V %w %W %x %X %y %Y %z %Z %%",
                   &tm)),
        S(b);
    N(wcsftime(w, 100, L"%Y-%m-%d", &tm)), printf("%ls\n", w), memset(&tm, 0, sizeof tm);
    S(strptime("2024-02-29 23:59:58 rest", "%Y-%m-%d %H:%M:%S", &tm)), N(tm.tm_mon), N(tm.tm_wday),
        N(tm.tm_sec);
    t = -1, N(gmtime(&t)->tm_year), t = 1720000000, N(localtime(&t)->tm_isdst),
    printf("%.1f\n", difftime(10, 4)), N(dysize(2024));
    setenv("DATEMSK", "/no/such", 1), N(getdate("x") == NULL), N(getdate_err),
        setenv("TZ", "UTC", 1), tzset(), N(localtime(&t)->tm_hour);
}

static void clocks(void)
{
    struct timespec ts, ts2;
    struct timeval tv;
    struct itimerval it = {{0, 0}, {100, 0}}, old;
    struct itimerspec its = {{0, 0}, {50, 0}}, left;
    struct tms tms;
    struct rusage ru;
    timer_t timer;
    clockid_t id;
    int fd;

    N(clock_gettime(CLOCK_MONOTONIC, &ts)), N(clock_getres(CLOCK_REALTIME, &ts2)), N(ts2.tv_nsec),
        N(gettimeofday(&tv, NULL)), N(time(NULL) - tv.tv_sec < 2), N(timespec_get(&ts, TIME_UTC));
    N(timespec_getres(&ts, TIME_UTC)), N(clock_getcpuclockid(0, &id)), N(clock_gettime(id, &ts)),
        ts.tv_sec = 0, ts.tv_nsec = 1000, N(nanosleep(&ts, NULL)),
        N(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL));
    N(usleep(10)), N(sleep(0)), N(setitimer(ITIMER_REAL, &it, NULL)),
        N(getitimer(ITIMER_REAL, &old)), N(old.it_value.tv_sec),
        it.it_value.tv_sec = 0, setitimer(ITIMER_REAL, &it, &old), N(alarm(50)), N(alarm(0)),
        N(ualarm(0, 0));
    N(timer_create(CLOCK_REALTIME, &(struct sigevent){.sigev_notify = SIGEV_NONE}, &timer)),
        N(timer_settime(timer, 0, &its, NULL)), N(timer_gettime(timer, &left)),
        N(left.it_value.tv_sec), N(timer_getoverrun(timer)), N(timer_delete(timer));
    fd = timerfd_create(CLOCK_MONOTONIC, 0), N(timerfd_settime(fd, 0, &its, NULL)),
    N(timerfd_gettime(fd, &left)), N(left.it_value.tv_sec), close(fd), N(clock() >= 0),
    N(times(&tms) > 0), N(getrusage(RUSAGE_SELF, &ru)), N(ru.ru_maxrss > 0);
    N(adjtime(NULL, &tv)), N(ftime(&(struct {
        long t;
        short a, b, c;
    }){0}));
}

static void locales(void)
{
    static const nl_item items[] = {CODESET,   D_T_FMT, D_FMT,   T_FMT,  AM_STR,  PM_STR,
                                    DAY_1,     DAY_7,   ABDAY_2, MON_1,  MON_12,  ABMON_3,
                                    RADIXCHAR, THOUSEP, YESEXPR, NOEXPR, CRNCYSTR};
    locale_t l = newlocale(LC_ALL_MASK, "C", NULL), d = duplocale(l), was;
    struct lconv *c;
    char b[100];
    wchar_t w[10];
    nl_catd cat;

    S(setlocale(LC_ALL, NULL)), S(setlocale(LC_ALL, "C.UTF-8")), S(nl_langinfo(CODESET)),
        N(MB_CUR_MAX), N(mbstowcs(w, "\xc3\xa9\xe2\x82\xac", 10)), N(w[0]), N(w[1]),
        N(wcwidth(w[1])), N(wctomb(b, 0x20ac));
    for (unsigned i = 0; i < sizeof items / sizeof *items; i++)
        printf("%s|", nl_langinfo(items[i]));
    printf("\n"), N(iswalpha(0xe9)), N(towupper(0xe9)), N(mblen("\xe2\x82", 2)),
        N(strcoll("a", "B") < 0), S(setlocale(LC_ALL, "C")), S(setlocale(LC_ALL, "xx_YY"));
    c = localeconv(), S(c->decimal_point), S(c->thousands_sep), S(c->currency_symbol),
    N(c->frac_digits), was = uselocale(l), N(was == LC_GLOBAL_LOCALE), uselocale(was),
    S(nl_langinfo_l(D_FMT, d));
    N(strftime_l(b, 100, "%A", &(struct tm){.tm_wday = 3}, l)), S(b),
        printf("%g\n", strtod_l("1.5", NULL, l)), N(strtol_l("12", NULL, 10, l)),
        N(strcasecmp_l("A", "a", l)), N(toupper_l('a', l)), N(isalpha_l('1', l));
    N(strcoll_l("a", "b", l) < 0), N(strxfrm_l(b, "q", 10, l)), N(towupper_l(L'a', l)),
        N(iswalpha_l(L'a', l)), N(wcscoll_l(L"a", L"b", l) < 0), freelocale(d), freelocale(l),
        N(strfmon(b, 100, "%n|%i", 1234.5, 2.5)), S(b);
    S(gettext("text")), S(dgettext("dom", "text")), S(ngettext("one", "many", 2)),
        S(textdomain("dom")), S(bindtextdomain("dom", "/tmp")),
        S(bind_textdomain_codeset("dom", "UTF-8")),
        cat = catopen("none", 0), S(catgets(cat, 1, 1, "default")), N(catclose(cat));
    N(rpmatch("yes")), N(rpmatch("no"));
}

static void convert(void)
{
    char in[] = "\xc3\xa9t\xc3\xa9 \xe2\x82\xac", out[100], *i = in, *o = out;
    size_t n = sizeof in - 1, room = sizeof out;
    iconv_t cd = iconv_open("UCS-4LE", "UTF-8");

    N(iconv(cd, &i, &n, &o, &room)), N(n), N(sizeof out - room);
    for (char *p = out; p < o; p++)
        printf("%02x", (unsigned char)*p);
    N(iconv_close(cd)), N(iconv_open("none", "UTF-8") == (iconv_t)-1),
        cd = iconv_open("ANSI_X3.4-1968", "UTF-8"), i = in, n = sizeof in - 1, o = out,
        room = sizeof out, N((long)iconv(cd, &i, &n, &o, &room)), N(o - out), iconv_close(cd);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    calendar();
    clocks();
    locales();
    convert();
    return 0;
}
