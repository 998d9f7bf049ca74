/* One thread raises a signal while another changes its action between a handler and SIG_IGN. QEMU
 * reads its table of actions twice for one delivery, and jumps to the address 1. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

static volatile int stop;
static volatile long got, sent;

static void handler(int signum)
{
    (void)signum;
    got++;
}

static void *raiser(void *arg)
{
    while (!stop) {
        raise(SIGUSR1);
        sent++;
    }
    return arg;
}

int main(void)
{
    struct sigaction handle = {.sa_handler = handler}, ignore = {.sa_handler = SIG_IGN};
    pthread_t thread;

    sigaction(SIGUSR1, &handle, NULL);
    pthread_create(&thread, NULL, raiser, NULL);
    for (long i = 0; i < 2000000; i++)
        sigaction(SIGUSR1, i & 1 ? &ignore : &handle, NULL);
    stop = 1;
    pthread_join(thread, NULL);
    printf("sent %d received some %d\n", sent > 0, got > 0);
    return 0;
}
