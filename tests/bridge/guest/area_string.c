/* string.h, wchar.h, ctype.h, stdlib.h's conversions: many functions, each with edge cases. */
#include <ctype.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uchar.h>
#include <wchar.h>
#include <wctype.h>

#define N(x) printf("%s = %ld\n", #x, (long)(x))
#define S(x) show(#x, x)

static void show(const char *what, const char *s)
{
    printf("%s = %s\n", what, s ? s : "(null)");
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void bytes(void)
{
    char a[64] = "abcdefghij", b[64];
    const char *t = "one,two;;three";
    char *p, *save;

    memcpy(b, a, 11), S(b);
    memmove(b + 2, b, 5), S(b);
    memset(b, 'x', 3), S(b);
    N((char *)memchr(a, 'e', 10) - a);
    N((char *)memrchr(a, 'e', 10) - a);
    N((char *)rawmemchr(a, 'j') - a);
    N((char *)memmem(a, 10, "efg", 3) - a);
    N(sign(memcmp("abc", "abd", 3)));
    N((char *)memccpy(b, a, 'd', 10) - b);
    N((char *)mempcpy(b, a, 4) - b);
    bzero(b, 4), N(b[3]);
    bcopy(a, b, 5), N(sign(bcmp(a, b, 5)));
    explicit_bzero(b, 2), N(b[1]);
    swab("abcd", b, 4), printf("%.4s\n", b);
    memfrob(a, 3), N(a[0]), memfrob(a, 3);
    strcpy(b, "head"), strcat(b, "-tail"), S(b);
    strncpy(b, "xyz", 2), S(b), strncat(b, "123456", 3), S(b);
    N(stpcpy(b, "four") - b), N(stpncpy(b, "fo", 4) - b);
    N(strlen(a)), N(strnlen(a, 4));
    N(sign(strcmp("a", "b"))), N(sign(strncmp("abx", "aby", 2))), N(sign(strcasecmp("ABC", "abd")));
    N(sign(strncasecmp("ABCx", "abcy", 3))), N(sign(strcoll("a", "b"))),
        N(sign(strverscmp("a9", "a10")));
    N(strxfrm(b, "xf", 10));
    S(strchr(t, ',')), S(strrchr(t, ';')), S(strchrnul(t, 'z')), S(strstr(t, "two")),
        S(strcasestr(t, "THR"));
    S(index(t, 't')), S(rindex(t, 't'));
    N(strspn(t, "eno")), N(strcspn(t, ";")), S(strpbrk(t, ";,"));
    strcpy(b, t);
    for (p = strtok(b, ",;"); p; p = strtok(NULL, ",;"))
        S(p);
    strcpy(b, t);
    for (p = strtok_r(b, ",", &save); p; p = strtok_r(NULL, ",", &save))
        S(p);
    strcpy(b, t), p = b;
    while ((save = strsep(&p, ";")))
        S(save);
    S(strdup(t)), S(strndup(t, 3)), S(basename("/usr/lib/x"));
    S(strerrorname_np(2)), S(strerrordesc_np(13)), S(strerror(34)),
        S(strerror_l(2, newlocale(LC_ALL_MASK, "C", 0)));
    S(strsignal(11)), S(sigabbrev_np(15)), S(sigdescr_np(9));
    S(strfry(strcpy(b, "a")));
    N(ffs(0)), N(ffs(24)), N(ffsl(1L << 40)), N(ffsll(-1));
    S(l64a(12345)), N(a64l("zn."));
}

static void conversions(void)
{
    char *e, b[64];

    N(atoi(" -42x")), N(atol("99")), N(atoll("-7"));
    printf("%.17g\n", atof("2.5e3"));
    N(strtol("0x1fz", &e, 0)), S(e), N(strtol("777", NULL, 8)), N(strtoul("-1", NULL, 10) == -1ul);
    N(strtoll("9223372036854775808", NULL, 10)), N(strtoull("18446744073709551615", NULL, 10));
    N(strtoimax("123", NULL, 10)), N(strtoumax("ff", NULL, 16)), N(imaxabs(-5)),
        N(imaxdiv(17, 5).rem);
    printf("%a %a %Lg\n", strtod("0x1.8p3rest", &e), strtof("1e-40", NULL), strtold("3.25", NULL)),
        S(e);
    printf("%d %d\n", div(-7, 2).quot, div(-7, 2).rem), N(ldiv(7, -2).rem), N(lldiv(9, 4).quot);
    N(abs(-3)), N(labs(-4)), N(llabs(-5));
    printf("%s %s\n", ecvt(3.14159, 4, (int[1]){0}, (int[1]){0}),
           fcvt(2.5, 3, (int[1]){0}, (int[1]){0}));
    S(gcvt(1234.5678, 6, b));
    N(strfromd(b, sizeof b, "%.3f", 1.5)), S(b), N(strfromf(b, sizeof b, "%g", 0.1f)), S(b);
    N(getsubopt(&(char *){strdup("b=5")}, (char *[]){"a", "b", NULL}, &e)), S(e);
    srand(5), N(rand() == rand()), srandom(3), N(random()), srand48(7), N(lrand48()),
        printf("%.10f\n", drand48());
    N(mrand48()), N(rand_r(&(unsigned){9})), N(nrand48((unsigned short[3]){1, 2, 3}));
    printf("%.9f\n", erand48((unsigned short[3]){4, 5, 6})),
        N(jrand48((unsigned short[3]){7, 8, 9}));
}

static void classes(void)
{
    long sum[14] = {0};

    for (int c = -1; c < 256; c++) {
        int v[14] = {!!isalnum(c), !!isalpha(c),  !!isblank(c), !!iscntrl(c), !!isdigit(c),
                     !!isgraph(c), !!islower(c),  !!isprint(c), !!ispunct(c), !!isspace(c),
                     !!isupper(c), !!isxdigit(c), toupper(c),   tolower(c)};
        for (int i = 0; i < 14; i++)
            sum[i] = sum[i] * 7 + v[i] * (c + 2);
    }
    for (int i = 0; i < 14; i++)
        printf("%lx ", sum[i]);
    printf("\n");
    N(isascii(200)), N(toascii(200)), N(iswalpha(L'a')), N(iswdigit(L'5')), N(iswspace(L' ')),
        N(iswupper(L'A'));
    N(iswlower(L'A')), N(iswpunct(L'!')), N(iswxdigit(L'g')), N(iswalnum(L'_')), N(iswprint(L'\t')),
        N(iswcntrl(L'\n'));
    N(iswgraph(L' ')), N(iswblank(L'\t')), N(towupper(L'q')), N(towlower(L'Q'));
    N(iswctype(L'7', wctype("digit"))), N(towctrans(L'a', wctrans("toupper")));
}

static void wide(void)
{
    wchar_t w[64] = L"abcdef", x[64], *save;
    const wchar_t *in;
    const char *bytes;
    char b[64];
    mbstate_t st;

    N(wcslen(w)), N(wcsnlen(w, 3)), N(sign(wcscmp(L"a", L"b"))), N(sign(wcsncmp(L"ab", L"ac", 1)));
    N(sign(wcscasecmp(L"AB", L"ac"))), N(sign(wcsncasecmp(L"ABx", L"aby", 2))),
        N(sign(wcscoll(L"a", L"b")));
    wcscpy(x, w), wcscat(x, L"-x"), N(wcslen(x)), wcsncpy(x, L"zz", 5), wcsncat(x, L"yyyy", 2),
        printf("%ls\n", x);
    N(wcpcpy(x, L"abc") - x), N(wcpncpy(x, L"a", 3) - x);
    N(wcschr(w, L'c') - w), N(wcsrchr(w, L'c') - w), N(wcschrnul(w, L'z') - w),
        N(wcsstr(w, L"cd") - w), N(wcsspn(w, L"ab"));
    N(wcscspn(w, L"d")), N(wcspbrk(w, L"xd") - w);
    N(wmemchr(w, L'e', 6) - w), N(sign(wmemcmp(w, L"abd", 3))), wmemcpy(x, w, 7),
        wmemmove(x + 1, x, 3), wmemset(x, L'q', 1);
    printf("%ls\n", x), N(wmempcpy(x, w, 3) - x);
    for (wchar_t *p = wcstok(wcscpy(x, L"a:b:c"), L":", &save); p; p = wcstok(NULL, L":", &save))
        printf("%ls\n", p);
    N(wcstol(L"-0x10", NULL, 16)), N(wcstoul(L"12", NULL, 10)), N(wcstoll(L"5", NULL, 10)),
        N(wcstoull(L"6", NULL, 10));
    printf("%g %g %Lg\n", wcstod(L"1.5e2", NULL), wcstof(L"2.5", NULL), wcstold(L"3.5", NULL));
    N(wcstoimax(L"77", NULL, 8)), N(wcsxfrm(x, L"abc", 10));
    N(mbstowcs(x, "hello", 10)), N(wcstombs(b, L"world", 10)), S(b), N(mblen("a", 1)),
        N(mbtowc(x, "z", 1)), N(wctomb(b, L'k'));
    memset(&st, 0, sizeof st);
    N(mbrlen("a", 1, &st)), N(mbrtowc(x, "b", 1, &st)), N(wcrtomb(b, L'c', &st)), N(mbsinit(&st)),
        N(btowc('x')), N(wctob(L'y'));
    bytes = "some", N(mbsrtowcs(x, &bytes, 10, &st)), in = L"thing", N(wcsrtombs(b, &in, 10, &st)),
    S(b);
    bytes = "some", N(mbsnrtowcs(x, &bytes, 2, 10, &st)), in = L"thing",
    N(wcsnrtombs(b, &in, 2, 10, &st));
    N(mbrtoc16((char16_t *)x, "a", 1, &st)), N(mbrtoc32((char32_t *)x, "a", 1, &st)),
        N(c16rtomb(b, u'a', &st)), N(c32rtomb(b, U'b', &st));
    N(wcwidth(L'a')), N(wcswidth(L"abc", 3)), N(wcslen(wcsdup(L"dup")));
    N(swprintf(x, 64, L"%d-%ls-%.2f", 5, L"w", 1.25)), printf("%ls\n", x);
}

int main(void)
{
    bytes();
    conversions();
    classes();
    wide();
    return 0;
}
