/* dlfcn.h, link.h, sys/auxv.h, execinfo.h: wrapped libraries and a library of the guest's. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define N(x) printf("%s = %ld\n", #x, (long)(x))

int exported = 5;

static int objects;

static int count(struct dl_phdr_info *info, size_t size, void *arg)
{
    objects++;
    return size < 16 || *(int *)arg != 3;
}

static int stop(struct dl_phdr_info *info, size_t size, void *arg)
{
    return 77;
}

/* Versions as glibc has them: the right one, one of another symbol, none of anybody's. */
static void version(void *handle, const char *name, const char *v)
{
    void *at = dlvsym(handle, name, v);
    const char *text = dlerror();

    printf("%s %s: %s", name, v, at ? "found" : "none");
    if (at)
        puts(at == dlsym(handle, name) || !strcmp(name, "memcpy") ? "" : ", not dlsym's");
    else
        puts(strstr(text, ": undefined symbol: ") ? strstr(text, ": undefined symbol: ") : text);
}

static void versions(void)
{
    static const char *const of_libc[][2] = {{"memcpy", "GLIBC_2.14"},
                                             {"memcpy", "GLIBC_2.2.5"},
                                             {"memcpy", "GLIBC_2.3"},
                                             {"memcpy", "GLIBC_2.99"},
                                             {"memcpy", ""},
                                             {"memcpy", "GLIBC_2.14.1"},
                                             {"strlen", "GLIBC_2.2.5"},
                                             {"strlen", "GLIBC_2.14"},
                                             {"strlen", "GLIBC_PRIVATE"},
                                             {"no_such", "GLIBC_2.2.5"},
                                             {"pthread_create", "GLIBC_2.34"},
                                             {"pthread_create", "GLIBC_2.2.5"},
                                             {"pthread_create", "GLIBC_2.3"},
                                             {"getrandom", "GLIBC_2.25"},
                                             {"getrandom", "GLIBC_2.24"},
                                             {"environ", "GLIBC_2.2.5"},
                                             {"environ", "GLIBC_2.3"},
                                             {"quick_exit", "GLIBC_2.24"},
                                             {"__stack_chk_fail", "GLIBC_2.4"}};
    void *libc = dlopen("libc.so.6", RTLD_LAZY), *libm = dlopen("libm.so.6", RTLD_LAZY);

    for (unsigned i = 0; i < sizeof of_libc / sizeof of_libc[0]; i++)
        version(libc, of_libc[i][0], of_libc[i][1]);
    version(RTLD_DEFAULT, "strlen", "GLIBC_2.2.5"), version(RTLD_DEFAULT, "strlen", "GLIBC_9");
    version(RTLD_NEXT, "strlen", "GLIBC_2.2.5"), version(RTLD_NEXT, "strlen", "GLIBC_9");
    version(libm, "cos", "GLIBC_2.2.5"), version(libm, "cos", "GLIBC_2.27");
    version(libm, "cosf32", "GLIBC_2.27"), version(libm, "cosf32", "GLIBC_2.2.5");
    version(RTLD_DEFAULT, "exported", "GLIBC_2.2.5"), version(RTLD_DEFAULT, "exported", "X");
    dlclose(libc), dlclose(libm);
}

int main(void)
{
    void *m = dlopen("libm.so.6", RTLD_NOW), *again = dlopen("libm.so.6", RTLD_LAZY | RTLD_NOLOAD),
         *self = dlopen(NULL, RTLD_NOW), *cxx, *z;
    double (*cosine)(double) = dlsym(m, "cos");
    char *(*demangle)(const char *, char *, size_t *, int *);
    struct link_map *map;
    void *frames[10];
    Dl_info info;
    int three = 3, status;
    char *text;

    setvbuf(stdout, NULL, _IOLBF, 0);
    N(m != NULL), N(m == again), printf("%.6f\n", cosine(1)), N(dlsym(m, "no_such") == NULL),
        text = dlerror(), N(strstr(text, "no_such") != NULL), N(dlerror() == NULL),
        N(dlclose(again)), N(dlclose(m));
    N(*(int *)dlsym(self, "exported")), N(dlsym(RTLD_DEFAULT, "exported") == &exported),
        N(dlsym(RTLD_DEFAULT, "printf") != NULL), N(dlsym(RTLD_NEXT, "malloc") != NULL),
        N(dlvsym(RTLD_DEFAULT, "memcpy", "GLIBC_2.14") != NULL);
    N(dlopen("/no/such/file.so", RTLD_NOW) == NULL),
        N(strstr(dlerror(), "/no/such/file.so") != NULL), N(dladdr(&exported, &info) != 0),
        puts(info.dli_sname), N(info.dli_saddr == &exported), N(dladdr((void *)8, &info));
    cxx = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL), N(cxx != NULL),
    demangle = dlsym(cxx, "__cxa_demangle"),
    text = demangle("_ZNSt6vectorIiSaIiEE9push_backEOi", NULL, NULL, &status), puts(text),
    N(status), free(text), N(dlinfo(cxx, RTLD_DI_LINKMAP, &map)), N(map->l_ld != NULL),
    N(strstr(map->l_name, "libstdc++") != NULL);
    N(dladdr((void *)demangle, &info) != 0), puts(info.dli_sname),
        N(strstr(info.dli_fname, "libstdc++") != NULL), N(info.dli_fbase == (void *)map->l_addr),
        N(dladdr1((void *)demangle, &info, (void **)&map, RTLD_DL_LINKMAP) != 0), N(dlclose(cxx));
    N(dl_iterate_phdr(count, &three)), N(objects > 2), N(dl_iterate_phdr(stop, NULL)),
        N(getauxval(AT_PAGESZ)), N(getauxval(999)), N(errno), N(getauxval(AT_PHDR) != 0),
        N(strlen((char *)getauxval(AT_PLATFORM))), N(backtrace(frames, 10) > 1);
    text = *backtrace_symbols(frames, 1), N(strchr(text, '[') != NULL),
    backtrace_symbols_fd(frames, 0, 1), N(gnu_get_libc_version() != NULL),
    puts(gnu_get_libc_release()), z = dlmopen(LM_ID_BASE, "libm.so.6", RTLD_NOW), N(z != NULL),
    versions();
    N(dlclose(z)), N(confstr(_CS_PATH, NULL, 0) > 1);
    /* A library that the host may have is not there before it is loaded. */
    N(dlopen("libbz2.so.1.0", RTLD_NOW | RTLD_NOLOAD) == NULL),
        z = dlopen("libbz2.so.1.0", RTLD_NOW), N(z != NULL);
    N(dlopen("libbz2.so.1.0", RTLD_NOW | RTLD_NOLOAD) == z),
        N(dlsym(z, "BZ2_bzlibVersion") != NULL), N(dlsym(z, "BZ2_no_such") == NULL);
    return 0;
}
