/*
 * spaces.c - dlmopen and dlinfo: libraries of another name space are other copies, found by their
 * own kind only; what dlinfo says about a handle. Linked to nothing but libc; libspace.so lies
 * beside it.
 */
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include "check.h"

#define NAME "libspace.so"

static int (*add_of(void *h))(int)
{
    return (int (*)(int))(long)dlsym(h, "space_add");
}

static void *(*default_of(void *h))(const char *)
{
    return (void *(*)(const char *))(long)dlsym(h, "space_default");
}

static long id_of(void *h)
{
    Lmid_t id = -7;

    return dlinfo(h, RTLD_DI_LMID, &id) ? -9 : id;
}

static void copies(void)
{
    void *base = dlopen(NAME, RTLD_NOW), *one = dlmopen(LM_ID_NEWLM, NAME, RTLD_NOW),
         *two = dlmopen(LM_ID_NEWLM, NAME, RTLD_NOW);
    void *again = one ? dlmopen(id_of(one), NAME, RTLD_LAZY) : NULL;

    CHECK(base && one && two && base != one && one != two && again == one);
    if (!base || !one || !two)
        return;
    CHECK(id_of(base) == LM_ID_BASE && id_of(one) > 0 && id_of(two) > 0 &&
          id_of(one) != id_of(two));
    CHECK(add_of(base)(1) == 1 && add_of(one)(10) == 10 && add_of(two)(100) == 100 &&
          add_of(base)(1) == 2 && add_of(again)(1) == 11);
    CHECK(((int (*)(int))(long)dlsym(one, "space_tls"))(1) == 101 &&
          ((int (*)(int))(long)dlsym(base, "space_tls"))(5) == 105);
    /* Global in its own space, local in the program's. */
    CHECK(default_of(one)("space_add") == (void *)(long)add_of(one));
    CHECK(!dlsym(RTLD_DEFAULT, "space_add"));
    CHECK(dlmopen(LM_ID_BASE, NAME, RTLD_NOW) == base);
    CHECK(!dlclose(again) && !dlclose(one) && !dlclose(two));
    one = dlmopen(LM_ID_NEWLM, NAME, RTLD_NOW);
    CHECK(one && add_of(one)(3) == 3);
}

static void refused(void)
{
    CHECK(!dlmopen(12, NAME, RTLD_NOW) &&
          strstr(dlerror(), "invalid target namespace in dlmopen()"));
    CHECK(!dlmopen(LM_ID_NEWLM, "libnone.so", RTLD_NOW) &&
          strstr(dlerror(), "libnone.so: cannot open shared object file"));
    CHECK(!dlmopen(LM_ID_NEWLM, NAME, 0) && strstr(dlerror(), "invalid mode"));
    CHECK(dlinfo(dlopen(NAME, RTLD_NOW), 77, &refused) == -1 &&
          strstr(dlerror(), "unsupported dlinfo request"));
}

static void info(void)
{
    void *h = dlopen(NAME, RTLD_NOW), *data;
    char origin[4096], here[4096];
    ssize_t n = readlink("/proc/self/exe", here, sizeof here - 1);
    Dl_serinfo size, *all;
    struct link_map *map;
    size_t module = 0;
    int libpath = 0;

    CHECK(n > 0);
    here[n > 0 ? n : 0] = 0;
    *strrchr(here, '/') = 0;
    CHECK(!dlinfo(h, RTLD_DI_LINKMAP, &map) && map == h && strstr(map->l_name, "/" NAME));
    CHECK(!dlinfo(h, RTLD_DI_ORIGIN, origin) && !strcmp(origin, here));
    CHECK(!dlinfo(h, RTLD_DI_TLS_MODID, &module) && module > 0);
    ((int (*)(int))(long)dlsym(h, "space_tls"))(0);
    CHECK(!dlinfo(h, RTLD_DI_TLS_DATA, &data) && data && *(int *)data == 105);
    CHECK(!dlinfo(h, RTLD_DI_SERINFOSIZE, &size) && size.dls_cnt > 0);
    all = malloc(size.dls_size);
    *all = size;
    CHECK(!dlinfo(h, RTLD_DI_SERINFO, all));
    for (unsigned i = 0; i < all->dls_cnt; i++)
        libpath += !strcmp(all->dls_serpath[i].dls_name, here);
    CHECK(libpath == 1); /* $ORIGIN of libspace.so */
    free(all);
}

int main(void)
{
    RUN(copies);
    RUN(refused);
    RUN(info);
    return done();
}
