/* wordexp: what the library expands by itself, and what takes a shell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

static void show(const char *words, int flags)
{
    wordexp_t w = {.we_offs = 2};
    int err = wordexp(words, &w, flags);

    printf("%s (%#x): %d", words, flags, err);
    if (!err) {
        printf(" %zu:", w.we_wordc);
        for (size_t i = 0; i < w.we_wordc; i++)
            printf(" [%s]", w.we_wordv[i + (flags & WRDE_DOOFFS ? 2 : 0)]);
        printf(flags & WRDE_DOOFFS && (w.we_wordv[0] || w.we_wordv[1]) ? " offset\n" : "\n");
        wordfree(&w);
    } else {
        puts("");
    }
}

int main(void)
{
    static const char *const some[] = {"a b  c",
                                       "'a b' \"c d\"",
                                       "$VALUE \"$VALUE\" ${VALUE}x",
                                       "$((6 * 7))",
                                       "~/x",
                                       "",
                                       "$(echo one two) three",
                                       "x`echo y z`w",
                                       "\"$(echo a  b)\" '$(no)'",
                                       "$(printf '1\\n2\\n')",
                                       "$(true)",
                                       "a$(echo $(echo deep))b",
                                       "${NONE:-$(echo dflt)}",
                                       "a;b $(echo x)",
                                       "a | $(echo x)",
                                       "$(echo x) (y)",
                                       "\"$(echo 'a;b')\"",
                                       "a\\;b$(echo c)",
                                       "$(exit 3)",
                                       "$(echo $VALUE) $VALUE",
                                       "$(echo /etc/passw)?",
                                       "$(echo x",
                                       "{a}$(echo x)"};
    wordexp_t w;

    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("VALUE", "p q", 1), setenv("HOME", "/home/me", 1), unsetenv("NONE");
    for (unsigned i = 0; i < sizeof some / sizeof some[0]; i++)
        show(some[i], 0), show(some[i], WRDE_NOCMD), show(some[i], WRDE_DOOFFS);
    show("$NONE $(echo x)", WRDE_UNDEF), show("$NONE", WRDE_UNDEF);
    memset(&w, 0, sizeof w);
    printf("%d", wordexp("a $(echo b)", &w, 0));
    printf(" %d", wordexp("$(echo c) d", &w, WRDE_APPEND));
    printf(" %zu", w.we_wordc);
    for (size_t i = 0; i < w.we_wordc; i++)
        printf(" [%s]", w.we_wordv[i]);
    printf(" %d", wordexp("$(echo e)", &w, WRDE_REUSE));
    printf(" %zu [%s]\n", w.we_wordc, w.we_wordv[0]);
    wordfree(&w);
    return 0;
}
