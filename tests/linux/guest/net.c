/* net.c - sockets: loopback TCP and UDP, unix sockets with descriptors passed, options, poll on
 * them. */
#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener(struct sockaddr_in *a)
{
    socklen_t len = sizeof *a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    memset(a, 0, sizeof *a);
    a->sin_family = AF_INET;
    a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(s >= 0 && setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
    CHECK(bind(s, (void *)a, sizeof *a) == 0 && listen(s, 5) == 0 &&
          getsockname(s, (void *)a, &len) == 0 && len == sizeof *a);
    return s;
}

static void test_tcp(void)
{
    struct sockaddr_in a, peer;
    socklen_t len = sizeof peer;
    char buf[70000];
    int s = listener(&a), c, st;
    size_t got = 0;
    ssize_t n;
    pid_t pid = fork();

    if (!pid) {
        int k = socket(AF_INET, SOCK_STREAM, 0);
        char big[65536];

        memset(big, 'q', sizeof big);
        if (connect(k, (void *)&a, sizeof a) || send(k, big, sizeof big, 0) != sizeof big ||
            shutdown(k, SHUT_WR) || recv(k, big, 10, 0) != 2 || memcmp(big, "ok", 2))
            _exit(1);
        _exit(0);
    }
    c = accept4(s, (void *)&peer, &len, SOCK_CLOEXEC);
    CHECK(c >= 0 && len == sizeof peer && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
          (fcntl(c, F_GETFD) & FD_CLOEXEC));
    while ((n = recv(c, buf, sizeof buf, 0)) > 0)
        got += (size_t)n;
    CHECK(got == 65536 && send(c, "ok", 2, MSG_NOSIGNAL) == 2);
    CHECK(waitpid(pid, &st, 0) == pid && st == 0);
    close(c);
    close(s);
    CHECK(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&a, sizeof a) == -1 &&
          errno == ECONNREFUSED);
}

static void test_udp(void)
{
    struct sockaddr_in a, from;
    socklen_t len = sizeof a;
    struct mmsghdr mm[2];
    struct iovec v[2];
    char buf[100], two[2][10];
    int s = socket(AF_INET, SOCK_DGRAM, 0), k = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(s, (void *)&a, sizeof a) == 0 && getsockname(s, (void *)&a, &len) == 0);
    CHECK(sendto(k, "datagram", 8, 0, (void *)&a, sizeof a) == 8);
    CHECK(recvfrom(s, buf, sizeof buf, MSG_PEEK, (void *)&from, &len) == 8 &&
          recvfrom(s, buf, 4, MSG_TRUNC, (void *)&from, &len) == 8);
    CHECK(!memcmp(buf, "data", 4) && from.sin_family == AF_INET);
    CHECK(recv(k, buf, 1, 0) == -1 && errno == EAGAIN);
    memset(mm, 0, sizeof mm);
    for (int i = 0; i < 2; i++) {
        v[i] = (struct iovec){two[i], 5};
        strcpy(two[i], i ? "world" : "hello");
        mm[i].msg_hdr = (struct msghdr){
            .msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &v[i], .msg_iovlen = 1};
    }
    CHECK(sendmmsg(k, mm, 2, 0) == 2 && mm[1].msg_len == 5);
    CHECK(recvmmsg(s, mm, 2, MSG_WAITFORONE, NULL) == 2 && mm[0].msg_len == 5);
    close(s);
    close(k);
}

static void test_unix(void)
{
    union {
        struct cmsghdr h;
        char space[CMSG_SPACE(sizeof(int))];
    } ctl;
    struct ucred cred;
    socklen_t len = sizeof cred;
    struct iovec v = {"fd", 2};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = &ctl, .msg_controllen = sizeof ctl};
    int sv[2], p[2], fd;
    char buf[8];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == 0 && pipe(p) == 0);
    CHECK(getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.pid == getpid());
    ctl.h = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&ctl.h), &p[1], sizeof(int));
    CHECK(sendmsg(sv[0], &m, 0) == 2);
    v.iov_base = buf;
    memset(&ctl, 0, sizeof ctl);
    CHECK(recvmsg(sv[1], &m, MSG_CMSG_CLOEXEC) == 2 && ctl.h.cmsg_type == SCM_RIGHTS);
    memcpy(&fd, CMSG_DATA(&ctl.h), sizeof fd);
    CHECK(write(fd, "via", 3) == 3 && read(p[0], buf, 8) == 3 && !memcmp(buf, "via", 3));
    close(sv[1]);
    signal(SIGPIPE, SIG_IGN);
    CHECK(write(sv[0], "x", 1) == -1 && errno == EPIPE);
    signal(SIGPIPE, SIG_DFL);
    close(sv[0]);
}

static void test_named(void)
{
    struct sockaddr_un u = {.sun_family = AF_UNIX};
    struct pollfd pf;
    int s = socket(AF_UNIX, SOCK_STREAM, 0), k = socket(AF_UNIX, SOCK_STREAM, 0), c;

    snprintf(u.sun_path + 1, sizeof u.sun_path - 1, "box64-test-%d", getpid());
    CHECK(bind(s, (void *)&u, sizeof u) == 0 && listen(s, 1) == 0);
    pf = (struct pollfd){s, POLLIN, 0};
    CHECK(poll(&pf, 1, 0) == 0);
    CHECK(connect(k, (void *)&u, sizeof u) == 0 && poll(&pf, 1, 1000) == 1 && pf.revents == POLLIN);
    c = accept(s, NULL, NULL);
    CHECK(c >= 0 && send(k, "abc", 3, 0) == 3 && recv(c, u.sun_path, 3, MSG_WAITALL) == 3);
    close(c), close(k), close(s);
}

static void test_options(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0), v = 0;
    struct linger l = {1, 5}, m;
    struct timeval tv = {2, 500000}, tw;
    socklen_t len = sizeof v;

    CHECK(getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &len) == 0 && v == SOCK_STREAM);
    v = 1;
    CHECK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, sizeof v) == 0 &&
          setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, sizeof v) == 0);
    len = sizeof m;
    CHECK(setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l) == 0 &&
          getsockopt(s, SOL_SOCKET, SO_LINGER, &m, &len) == 0 && m.l_linger == 5);
    len = sizeof tw;
    CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0 &&
          getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tw, &len) == 0 && tw.tv_sec == 2 &&
          tw.tv_usec == 500000);
    CHECK(getsockopt(-1, SOL_SOCKET, SO_TYPE, &v, &len) == -1 && errno == EBADF);
    close(s);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(test_tcp);
    RUN(test_udp);
    RUN(test_unix);
    RUN(test_named);
    RUN(test_options);
    return done();
}
