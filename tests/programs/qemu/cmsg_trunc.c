/* Control messages cut short by every length of the buffer: what recvmsg says of them. QEMU
 * converts them and counts otherwise. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void one(unsigned len)
{
    int pair[2], fds[2] = {0, 1};
    char data = 'x';
    _Alignas(struct cmsghdr) char control[64] = {0};
    struct iovec iov = {&data, 1};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_LEN(sizeof fds)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    header->cmsg_len = CMSG_LEN(sizeof fds);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(header), fds, sizeof fds);
    sendmsg(pair[0], &message, 0);
    memset(control, 0, sizeof control);
    message.msg_controllen = len;
    printf("%u: %zd", len, recvmsg(pair[1], &message, 0));
    printf(" length %zu flags %x\n", (size_t)message.msg_controllen, message.msg_flags);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    for (unsigned len = 0; len <= CMSG_LEN(2 * sizeof(int)); len++)
        one(len);
    return 0;
}
