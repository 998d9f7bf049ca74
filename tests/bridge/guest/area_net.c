/* Sockets and names: stream, datagram, UNIX, options, addresses, messages, polling; users, hosts,
 * services. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#define N(x) printf("%s = %ld\n", #x, (long)(x))
#define S(x) show(#x, x)

static void show(const char *what, const char *s)
{
    printf("%s = %s\n", what, s ? s : "(null)");
}

static void addresses(void)
{
    struct in_addr a;
    struct in6_addr six;
    struct ether_addr e;
    char b[100];

    N(inet_aton("10.1.2.3", &a)), S(inet_ntoa(a)), N(inet_addr("1.2.3.4") == htonl(0x01020304)),
        N(inet_network("1.2.3.4")), N(inet_netof(a)), N(inet_lnaof(a)),
        S(inet_ntoa(inet_makeaddr(10, 5)));
    N(inet_pton(AF_INET6, "fe80::1%0", &six)), N(inet_pton(AF_INET6, "2001:db8::5", &six)),
        S(inet_ntop(AF_INET6, &six, b, sizeof b)), S(inet_ntop(AF_INET, &a, b, sizeof b)),
        N(htons(0x1234)), N(htonl(1)), N(ntohs(0x1234)), N(ntohl(2));
    S(ether_ntoa(ether_aton_r("1:2:3:4:5:6", &e))), N(ether_aton("zz") == NULL),
        N(if_nametoindex("lo")), S(if_indextoname(1, b)), N(in6addr_loopback.s6_addr[15]);
}

static int listener(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    memset(at, 0, sizeof *at), at->sin_family = AF_INET,
                               at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    N(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)),
        N(bind(s, (void *)at, sizeof *at)), N(listen(s, 5)), N(getsockname(s, (void *)at, &len)),
        N(len);
    return s;
}

static void streams(void)
{
    struct sockaddr_in at, from;
    socklen_t len = sizeof from;
    char b[100], control[100];
    struct iovec v = {"message", 7};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1},
                  r = {.msg_iov = &(struct iovec){b, sizeof b},
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof control};
    struct mmsghdr mm[2] = {{{.msg_iov = &v, .msg_iovlen = 1}, 0},
                            {{.msg_iov = &v, .msg_iovlen = 1}, 0}};
    struct cmsghdr *c;
    int s = listener(&at), a, w, pair[2], v1 = 0;

    w = socket(AF_INET, SOCK_STREAM, 0), N(connect(w, (void *)&at, sizeof at)),
    a = accept4(s, (void *)&from, &len, SOCK_CLOEXEC), N(a > 0), N(from.sin_family),
    N(getpeername(w, (void *)&from, &len)), N(send(w, "hello", 5, MSG_NOSIGNAL)),
    N(recv(a, b, 5, MSG_PEEK)), N(recv(a, b, 100, 0)), printf("%.5s\n", b);
    len = sizeof v1, N(getsockopt(w, SOL_SOCKET, SO_TYPE, &v1, &len)), N(v1), v1 = 1,
    N(setsockopt(w, IPPROTO_TCP, TCP_NODELAY, &v1, sizeof v1)), N(sendmsg(a, &m, 0)),
    N(recvmsg(w, &r, 0)), N(shutdown(w, SHUT_WR)), N(read(a, b, 10)), N(sockatmark(a)), N(close(a)),
    N(close(w)), N(close(s));
    N(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)), N(sendmmsg(pair[0], mm, 2, 0)),
        mm[0].msg_hdr.msg_iov = &(struct iovec){b, 50},
        mm[1].msg_hdr.msg_iov = &(struct iovec){b + 50, 50}, N(recvmmsg(pair[1], mm, 2, 0, NULL)),
        N(mm[1].msg_len);
    m.msg_control = control, m.msg_controllen = CMSG_SPACE(4), c = CMSG_FIRSTHDR(&m),
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(4),
    memcpy(CMSG_DATA(c), &(int){1}, 4), N(sendmsg(pair[0], &m, 0)),
    r.msg_controllen = sizeof control, N(recvmsg(pair[1], &r, 0)), c = CMSG_FIRSTHDR(&r),
    N(c && c->cmsg_type == SCM_RIGHTS), N(CMSG_NXTHDR(&r, c) == NULL), memcpy(&v1, CMSG_DATA(c), 4),
    N(fcntl(v1, F_GETFD) >= 0);
    N(sendto(pair[0], "x", 1, 0, NULL, 0)), N(recvfrom(pair[1], b, 10, 0, NULL, NULL)),
        N(recv(pair[1], b, 1, MSG_DONTWAIT)), N(errno == EAGAIN), N(ioctl(pair[0], FIONREAD, &v1)),
        N(v1), close(pair[0]), close(pair[1]),
        N(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&at, sizeof at)), N(errno);
}

static void datagrams(void)
{
    struct sockaddr_in at = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_un un = {AF_UNIX};
    char dir[] = "/tmp/areaXXXXXX";
    socklen_t len = sizeof at;
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0),
        u = socket(AF_UNIX, SOCK_STREAM, 0);
    char buf[50];

    snprintf(un.sun_path, sizeof un.sun_path, "%s/sock", mkdtemp(dir));
    N(bind(a, (void *)&at, sizeof at)), getsockname(a, (void *)&at, &len),
        N(sendto(b, "dgram", 5, 0, (void *)&at, sizeof at)),
        N(recvfrom(a, buf, 50, 0, (void *)&at, &len)), N(len), N(bind(u, (void *)&un, sizeof un)),
        N(unlink(un.sun_path)), N(rmdir(dir)), close(a), close(b), close(u);
}

static void waiting(void)
{
    int p[2], ep = epoll_create(1), ev = eventfd(3, EFD_NONBLOCK), in = inotify_init1(IN_NONBLOCK),
              sfd;
    struct epoll_event e = {EPOLLIN, {.u64 = 0x1122334455667788}}, got[4];
    struct pollfd pf;
    struct timeval tv = {0, 1000};
    eventfd_t val;
    sigset_t set;
    fd_set r;

    N(pipe2(p, O_NONBLOCK)), N(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e)),
        N(epoll_wait(ep, got, 4, 0)), write(p[1], "x", 1), N(epoll_wait(ep, got, 4, 1000)),
        N(got[0].data.u64), N(epoll_pwait(ep, got, 4, 0, NULL)),
        pf = (struct pollfd){p[0], POLLIN, 0}, N(poll(&pf, 1, 0)), N(pf.revents),
        N(ppoll(&pf, 1, NULL, NULL));
    FD_ZERO(&r);
    FD_SET(p[0], &r);
    N(select(p[0] + 1, &r, NULL, NULL, &tv)), N(FD_ISSET(p[0], &r)),
        N(pselect(p[0] + 1, &r, NULL, NULL, NULL, NULL)), N(eventfd_read(ev, &val)), N(val),
        N(eventfd_write(ev, 2)), N(inotify_add_watch(in, "/tmp", IN_DELETE_SELF)),
        N(inotify_rm_watch(in, 1)), sigemptyset(&set), sigaddset(&set, SIGUSR2),
        sfd = signalfd(-1, &set, SFD_NONBLOCK), N(sfd > 0);
    N(splice(p[0], NULL, p[1], NULL, 1, SPLICE_F_NONBLOCK) != 0),
        N(sendfile(1, open("/dev/null", O_RDONLY), NULL, 5)),
        N(tee(p[0], p[1], 1, SPLICE_F_NONBLOCK) == 0), close(p[0]), close(p[1]), close(ep),
        close(ev), close(in), close(sfd);
}

static void names(void)
{
    struct addrinfo hint = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                            .ai_socktype = SOCK_STREAM},
                    *ai = NULL;
    struct protoent *pe;
    struct servent *se;
    struct passwd *pw, pwd;
    struct group *gr, grp;
    struct ifaddrs *ifs;
    struct utsname u;
    struct hostent *he;
    char b[1000], serv[50];
    gid_t groups[100];
    int n = 100;

    N(getaddrinfo("127.0.0.1", "80", &hint, &ai)), N(ai->ai_family),
        N(getnameinfo(ai->ai_addr, ai->ai_addrlen, b, 100, serv, 50,
                      NI_NUMERICHOST | NI_NUMERICSERV)),
        S(b), S(serv), freeaddrinfo(ai), N(getaddrinfo("not numeric", NULL, &hint, &ai)),
        S(gai_strerror(EAI_NONAME));
    he = gethostbyname("127.0.0.1"), N(he && he->h_length), pe = getprotobyname("tcp"),
    N(pe ? pe->p_proto : -1), pe = getprotobynumber(17), S(pe ? pe->p_name : ""),
    se = getservbyname("http", "tcp"), N(se ? ntohs(se->s_port) : -1),
    se = getservbyport(htons(22), "tcp"), S(se ? se->s_name : ""), setservent(0),
    N(getservent() != NULL), endservent(), S(hstrerror(1));
    pw = getpwnam("root"), S(pw->pw_dir), pw = getpwuid(0), S(pw->pw_name),
    N(getpwnam_r("root", &pwd, b, sizeof b, &pw)), N(pw->pw_uid),
    N(getpwuid_r(0, &pwd, b, sizeof b, &pw)), setpwent(), N(getpwent() != NULL), endpwent(),
    gr = getgrgid(0), S(gr->gr_name), gr = getgrnam("root"), N(gr->gr_gid),
    N(getgrnam_r("root", &grp, b, sizeof b, &gr)), N(getgrgid_r(0, &grp, b, sizeof b, &gr)),
    setgrent(), N(getgrent() != NULL), endgrent();
    N(getgrouplist("root", 0, groups, &n) > 0), N(getgroups(0, NULL) >= 0), N(getifaddrs(&ifs)),
        S(ifs->ifa_name), freeifaddrs(ifs), N(uname(&u)), S(u.sysname), S(u.machine),
        N(gethostname(b, 100)), N(strlen(b) > 0), N(getdomainname(b, 100)),
        N(gethostid() == gethostid()), N(res_init()),
        N(dn_expand((void *)"\3abc\2de", (void *)"\3abc\2de" + 8, (void *)"\3abc\2de", b, 100)),
        S(b);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    addresses();
    streams();
    datagrams();
    waiting();
    names();
    return 0;
}
