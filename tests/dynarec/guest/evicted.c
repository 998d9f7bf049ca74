/* A thread waits in a library call that hot code made while so much other code is translated that
 * the memory for it is used again; then it goes on. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define FUNCTIONS 12000
#define RUNS 30

static sem_t go, ready;
static volatile long sum;

static void *waiter(void *arg)
{
    long n = 0;

    for (long i = 0; i < 400; i++) {
        if (i == 200 || i == 300) /* the others wait for nobody */
            sem_post(&ready);
        else
            sem_post(&go);
        while (sem_wait(&go))
            ;
        n = n * 3 + i + (arg != NULL);
    }
    sum = n;
    return NULL;
}

/* mov eax, N; add eax, edi; ret */
static long others(unsigned char *p)
{
    long total = 0;

    for (int i = 0; i < FUNCTIONS; i++) {
        unsigned char *f = p + 64 * i;

        memcpy(f, "\xb8\0\0\0\0\x01\xf8\xc3", 8);
        memcpy(f + 1, &i, 4);
    }
    for (int i = 0; i < FUNCTIONS; i++) {
        int (*f)(int) = (int (*)(int))(void *)(p + 64 * i);

        for (int k = 0; k < RUNS; k++)
            total += f(k);
    }
    return total;
}

int main(void)
{
    unsigned char *p = mmap(NULL, 64 * FUNCTIONS, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_t id;

    sem_init(&go, 0, 0);
    sem_init(&ready, 0, 0);
    pthread_create(&id, NULL, waiter, p);
    for (int round = 0; round < 2; round++) {
        while (sem_wait(&ready))
            ;
        printf("%ld\n", others(p));
        sem_post(&go);
    }
    pthread_join(id, NULL);
    printf("%ld\n", sum);
    return 0;
}
