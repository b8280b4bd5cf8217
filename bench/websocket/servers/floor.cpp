// The floor: rooms over WebSocket with the least work there can be. All frames of a room that were read in one round of epoll leave in
// one write per member. No limits, no UTF-8 check, no time-outs, no partial writes kept: not a server, a measure.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

using std::string;

// SHA-1 and base64, for Sec-WebSocket-Accept.
static string accept(const string& key) {
  string m = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint64_t bits = m.size() * 8;
  m.push_back(char(0x80));
  while (m.size() % 64 != 56) m.push_back(0);
  for (int i = 7; i >= 0; i--) m.push_back(char(bits >> (8 * i)));
  uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  auto rol = [](uint32_t v, int n) { return v << n | v >> (32 - n); };
  for (size_t at = 0; at < m.size(); at += 64) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) {
      const unsigned char* p = (const unsigned char*)m.data() + at + i * 4;
      w[i] = uint32_t(p[0]) << 24 | uint32_t(p[1]) << 16 | uint32_t(p[2]) << 8 | p[3];
    }
    for (int i = 16; i < 80; i++) w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
      uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
      uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
      uint32_t t = rol(a, 5) + f + e + k + w[i];
      e = d; d = c; c = rol(b, 30); b = a; a = t;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e;
  }
  unsigned char raw[21] = {0};
  for (int i = 0; i < 20; i++) raw[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
  static const char* A = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  string out;
  for (int i = 0; i < 21; i += 3) {
    uint32_t v = uint32_t(raw[i]) << 16 | uint32_t(raw[i + 1]) << 8 | raw[i + 2];
    for (int k = 18; k >= 0; k -= 6) out.push_back(A[v >> k & 63]);
  }
  out.back() = '=';
  return out;
}

struct Room;
struct Peer { int fd; bool open = false; string in; Room* room = nullptr; };
struct Room { std::vector<Peer*> members; string pending; };

static std::map<string, Room> rooms;
static std::vector<Room*> dirty;
static int epfd;

static void drop(Peer* p) {
  epoll_ctl(epfd, EPOLL_CTL_DEL, p->fd, nullptr);
  close(p->fd);
  if (p->room) for (auto& m : p->room->members) if (m == p) { m = p->room->members.back(); p->room->members.pop_back(); break; }
  delete p;
}

static void parse(Peer* p) {
  if (!p->open) {
    size_t end = p->in.find("\r\n\r\n");
    if (end == string::npos) return;
    size_t k = p->in.find("Sec-WebSocket-Key: ") + 19;
    string path = p->in.substr(4, p->in.find(' ', 4) - 4);
    string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                    accept(p->in.substr(k, p->in.find('\r', k) - k)) + "\r\n\r\n";
    if (write(p->fd, answer.data(), answer.size()) < 0) return;
    p->room = &rooms[path];
    p->room->members.push_back(p);
    p->open = true;
    p->in.erase(0, end + 4);
  }
  size_t at = 0;
  for (;;) {
    size_t left = p->in.size() - at;
    if (left < 6) break;
    unsigned char* f = (unsigned char*)p->in.data() + at;
    size_t size = f[1] & 127, header = 2;
    if (size == 126) { size = size_t(f[2]) << 8 | f[3]; header = 4; }
    if (left < header + 4 + size) break;
    unsigned char* mask = f + header;
    unsigned char* data = mask + 4;
    for (size_t i = 0; i < size; i++) data[i] ^= mask[i & 3];
    Room& r = *p->room;
    if (r.pending.empty()) dirty.push_back(&r);
    r.pending.push_back(char(0x81));
    r.pending.push_back(char(f[1] & 127));
    if (header == 4) { r.pending.push_back(char(f[2])); r.pending.push_back(char(f[3])); }
    r.pending.append((char*)data, size);
    at += header + 4 + size;
  }
  p->in.erase(0, at);
}

int main() {
  signal(SIGPIPE, SIG_IGN);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in addr{};
  addr.sin_family = AF_INET;
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof addr;
  if (bind(s, (sockaddr*)&addr, length) || listen(s, 4096)) return 1;
  getsockname(s, (sockaddr*)&addr, &length);
  fcntl(s, F_SETFL, O_NONBLOCK);
  epfd = epoll_create1(0);
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.ptr = nullptr;
  epoll_ctl(epfd, EPOLL_CTL_ADD, s, &e);
  printf("ready %d\n", ntohs(addr.sin_port));
  fflush(stdout);
  static epoll_event events[1024];
  static char buffer[65536];
  for (;;) {
    int n = epoll_wait(epfd, events, 1024, -1);
    for (int i = 0; i < n; i++) {
      Peer* p = (Peer*)events[i].data.ptr;
      if (p == nullptr) {
        for (int fd; (fd = accept4(s, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          int one = 1;
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          epoll_event q{};
          q.events = EPOLLIN;
          q.data.ptr = new Peer{fd};
          epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &q);
        }
        continue;
      }
      ssize_t got = read(p->fd, buffer, sizeof buffer);
      if (got <= 0) { drop(p); continue; }
      p->in.append(buffer, size_t(got));
      parse(p);
    }
    for (Room* r : dirty) {
      for (Peer* m : r->members) if (write(m->fd, r->pending.data(), r->pending.size()) < 0) continue;
      r->pending.clear();
    }
    dirty.clear();
  }
}
