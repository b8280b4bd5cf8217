/*
 * Many players that count bytes and throw them away, as players.mjs, for machines where Node cannot keep up.
 *   players PORT COUNT OPENING    OPENING is a file with the bytes that a player sends first
 * Writes "ready", and then a line with all bytes and those of the player with the least for each line that it reads.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char opening[1 << 16];

static int open_player(int port, const char *bytes, size_t size) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int yes = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return -1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return write(fd, bytes, size) == (ssize_t)size ? fd : -1;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int port = atoi(argv[1]), count = atoi(argv[2]), poll = epoll_create1(0);
  FILE *file = fopen(argv[3], "rb");
  if (file == NULL || count < 1) return 2;
  size_t size = fread(opening, 1, sizeof opening, file);
  double *got = calloc(count, sizeof *got);
  for (int i = 0; i < count; i++) {
    int fd = open_player(port, opening, size);
    if (fd < 0) return perror("player"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = ((unsigned long long)i << 32) | fd};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    if (i % 20 == 19) usleep(5000);
  }
  struct epoll_event asked = {.events = EPOLLIN, .data.u64 = ~0ULL};
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &asked);
  puts("ready");
  fflush(stdout);
  struct epoll_event events[256];
  for (;;) {
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.u64 == ~0ULL) {
        char line[64];
        if (read(0, line, sizeof line) <= 0) return 0;
        double total = 0, least = got[0];
        for (int p = 0; p < count; p++) {
          total += got[p];
          if (got[p] < least) least = got[p];
        }
        printf("{\"total\":%.0f,\"least\":%.0f}\n", total, least);
        fflush(stdout);
        continue;
      }
      int fd = (int)(events[i].data.u64 & 0xffffffff), player = (int)(events[i].data.u64 >> 32);
      /* The kernel throws the bytes away itself: nothing is copied. */
      ssize_t n = recv(fd, NULL, 1 << 22, MSG_TRUNC | MSG_DONTWAIT);
      if (n > 0) got[player] += n;
      else if (n == 0 || (errno != EAGAIN && errno != EINTR)) epoll_ctl(poll, EPOLL_CTL_DEL, fd, NULL);
    }
  }
}
