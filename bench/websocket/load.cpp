// Load generator for bench/websocket: raw sockets, epoll, one thread, busy polling.
//
// Connects members to rooms, lets publishers send stamped texts, and checks at every member that nothing is lost, doubled or out of
// order. Reports deliveries, the server's processor time in the measured window, latencies, and how busy it was itself.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

using std::string;
using std::vector;
typedef uint64_t u64;

static u64 nowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return u64(t.tv_sec) * 1000000000ull + u64(t.tv_nsec);
}

[[noreturn]] static void die(const string& what) {
  fprintf(stderr, "load: %s (errno %d %s)\n", what.c_str(), errno, strerror(errno));
  exit(1);
}

// ---- arguments ----
static std::map<string, string> args;
static string arg(const char* name, const char* fallback) {
  auto it = args.find(name);
  return it == args.end() ? fallback : it->second;
}
static double num(const char* name, double fallback) {
  auto it = args.find(name);
  return it == args.end() ? fallback : atof(it->second.c_str());
}

// ---- state ----
struct Member {
  int fd = -1;
  int room = 0;
  int inRoom = 0;          // place in its room; the first ones publish
  bool open = false;       // ready to send and receive messages
  bool upgraded = false;   // HTTP answer read
  bool stalled = false;
  string in;               // unparsed bytes
  size_t at = 0;
  string out;              // bytes the kernel did not take yet
  vector<u64> next;        // next expected number per publisher of the room
  u64 sent = 0;            // as a publisher
};

static vector<Member> members;
static int roomSize, publishers, payloadSize;
static bool io;            // Socket.IO 4 over Engine.IO 4, WebSocket only
static bool openLoop;
static u64 received = 0, errors = 0, opened = 0, closedByServer = 0;
static bool measuring = false, sending = false;
static u64 measured = 0;
static vector<uint32_t> latencyUs;   // histogram, 1 us buckets to 2 s
static std::mt19937_64 rng(42);

static void flushOut(Member& m) {
  while (!m.out.empty()) {
    ssize_t n = write(m.fd, m.out.data(), m.out.size());
    if (n < 0) {
      if (errno == EAGAIN) return;
      closedByServer++;
      m.out.clear();
      return;
    }
    m.out.erase(0, size_t(n));
  }
}

static void sendText(Member& m, const char* text, size_t size) {
  string& f = m.out;
  f.push_back(char(0x81));
  if (size < 126) {
    f.push_back(char(0x80 | size));
  } else {
    f.push_back(char(0x80 | 126));
    f.push_back(char(size >> 8));
    f.push_back(char(size & 255));
  }
  // A mask of zeros is allowed, and saves the generator work.
  f.append(4, '\0');
  f.append(text, size);
  flushOut(m);
}

static void publish(Member& m, u64 stamp) {
  char text[4096];
  int prefix = io ? sprintf(text, "42[\"m\",\"") : 0;
  int head = sprintf(text + prefix, "%06d %010llu %019llu ", m.inRoom, (unsigned long long)m.sent, (unsigned long long)stamp);
  int end = prefix + payloadSize;
  memset(text + prefix + head, '.', size_t(std::max(0, payloadSize - head)));
  if (io) { text[end++] = '"'; text[end++] = ']'; }
  m.sent++;
  sendText(m, text, size_t(end));
}

static u64 digits(const char* p, int count) {
  u64 v = 0;
  for (int i = 0; i < count; i++) v = v * 10 + u64(p[i] - '0');
  return v;
}

static void onText(Member& m, const char* p, size_t size) {
  if (io) {
    if (size > 0 && p[0] == '0') { sendText(m, "40", 2); return; }
    if (size > 0 && p[0] == '2') { sendText(m, "3", 1); return; }
    if (size > 1 && p[0] == '4' && p[1] == '0') { m.open = true; opened++; return; }
    const char* start = (const char*)memchr(p, '[', size);
    if (start == nullptr || size < 8) return;
    p = start + 6;  // after ["m","
  }
  int who = int(digits(p, 6));
  u64 seq = digits(p + 7, 10);
  if (who < 0 || who >= publishers || size < 38) { errors++; return; }
  received++;
  if (m.next[size_t(who)] != seq) errors++;
  m.next[size_t(who)] = seq + 1;
  if (measuring) {
    measured++;
    u64 us = (nowNs() - digits(p + 18, 19)) / 1000;
    latencyUs[std::min<u64>(us, latencyUs.size() - 1)]++;
  }
  if (sending && !openLoop && who == m.inRoom) publish(m, nowNs());
}

static void parse(Member& m) {
  if (!m.upgraded) {
    size_t end = m.in.find("\r\n\r\n");
    if (end == string::npos) return;
    if (m.in.compare(0, 12, "HTTP/1.1 101") != 0) die("not upgraded: " + m.in.substr(0, end));
    m.upgraded = true;
    m.at = end + 4;
    if (!io) { m.open = true; opened++; }
  }
  for (;;) {
    size_t left = m.in.size() - m.at;
    if (left < 2) break;
    const unsigned char* p = (const unsigned char*)m.in.data() + m.at;
    size_t size = p[1] & 127, header = 2;
    if (size == 126) {
      if (left < 4) break;
      size = size_t(p[2]) << 8 | p[3];
      header = 4;
    } else if (size == 127) {
      if (left < 10) break;
      size = 0;
      for (int i = 2; i < 10; i++) size = size << 8 | p[i];
      header = 10;
    }
    if (left < header + size) break;
    int opcode = p[0] & 15;
    m.at += header + size;
    if (opcode == 1) onText(m, (const char*)p + header, size);
    else if (opcode == 8) closedByServer++;
  }
  if (m.at == m.in.size()) { m.in.clear(); m.at = 0; }
  else if (m.at > 65536) { m.in.erase(0, m.at); m.at = 0; }
}

static int epfd;

static void connectMember(size_t index, const sockaddr_in& addr, const string& pathTemplate) {
  Member& m = members[index];
  m.fd = socket(AF_INET, SOCK_STREAM, 0);
  if (m.fd < 0) die("socket");
  if (connect(m.fd, (const sockaddr*)&addr, sizeof addr) != 0) die("connect");
  int one = 1;
  setsockopt(m.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(m.fd, F_SETFL, O_NONBLOCK);
  char path[256];
  snprintf(path, sizeof path, pathTemplate.c_str(), m.room);
  m.out = string("GET ") + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  flushOut(m);
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.u64 = index;
  epoll_ctl(epfd, EPOLL_CTL_ADD, m.fd, &e);
}

static u64 cpuNs(int pid) {
  char dir[64];
  snprintf(dir, sizeof dir, "/proc/%d/task", pid);
  DIR* d = opendir(dir);
  if (!d) return 0;
  u64 sum = 0;
  while (dirent* e = readdir(d)) {
    if (e->d_name[0] == '.') continue;
    string file = string(dir) + "/" + e->d_name + "/schedstat";
    FILE* f = fopen(file.c_str(), "r");
    if (!f) continue;
    unsigned long long run = 0;
    if (fscanf(f, "%llu", &run) == 1) sum += run;
    fclose(f);
  }
  closedir(d);
  return sum;
}

static u64 idleNs = 0;

// One round of reading; returns how many sockets had something.
static int poll(int timeoutMs) {
  static epoll_event events[1024];
  static char buffer[262144];
  u64 before = nowNs();
  int n = epoll_wait(epfd, events, 1024, timeoutMs);
  if (n <= 0) { idleNs += nowNs() - before; return 0; }
  for (int i = 0; i < n; i++) {
    Member& m = members[events[i].data.u64];
    if (m.stalled) continue;
    if (!m.out.empty()) flushOut(m);
    ssize_t got = read(m.fd, buffer, sizeof buffer);
    if (got > 0) {
      m.in.append(buffer, size_t(got));
      parse(m);
    } else if (got == 0 || errno != EAGAIN) {
      closedByServer++;
      epoll_ctl(epfd, EPOLL_CTL_DEL, m.fd, nullptr);
    }
  }
  return n;
}

static double percentile(double q) {
  u64 total = 0, seen = 0;
  for (auto c : latencyUs) total += c;
  for (size_t i = 0; i < latencyUs.size(); i++) {
    seen += latencyUs[i];
    if (double(seen) >= q * double(total)) return double(i) / 1000.0;
  }
  return 0;
}

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) args[argv[i] + 2] = argv[i + 1];
  int rooms = int(num("rooms", 1));
  roomSize = int(num("members", 100));
  publishers = int(num("publishers", 1));
  payloadSize = int(num("size", 64));
  io = arg("protocol", "ws") == "io";
  int inFlight = int(num("inflight", 1));
  double perSecond = num("deliveries", 0);  // open loop: deliveries per second
  openLoop = perSecond > 0;
  double warmup = num("warmup", 1), seconds = num("seconds", 3);
  int pid = int(num("pid", 0));
  double stallFraction = num("stall", 0);
  bool idleOnly = num("idle", 0) > 0;
  string path = arg("path", "/bench/room%d");
  latencyUs.assign(2000001, 0);

  sockaddr_in addr{};
  addr.sin_family = AF_INET;
  addr.sin_port = htons(uint16_t(num("port", 8081)));
  inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
  epfd = epoll_create1(0);
  size_t total = size_t(rooms) * size_t(roomSize);
  members.resize(total);
  for (size_t i = 0; i < total; i++) {
    members[i].room = int(i) / roomSize;
    members[i].inRoom = int(i) % roomSize;
    members[i].next.assign(size_t(publishers), 0);
    connectMember(i, addr, path);
    if (i % 50 == 49) while (opened + 20 < i) poll(10);
  }
  u64 giveUp = nowNs() + 30000000000ull;
  while (opened < total && nowNs() < giveUp) poll(10);
  if (opened < total) die("only " + std::to_string(opened) + " of " + std::to_string(total) + " connected");
  if (idleOnly) {
    printf("{\"connected\":%zu}\n", total);
    fflush(stdout);
    u64 until = nowNs() + u64(seconds * 1e9);
    while (nowNs() < until) poll(50);
    return 0;
  }
  size_t stalledCount = 0;
  for (size_t i = 0; i < total; i++) {
    if (double(members[i].inRoom) < roomSize * (1 - stallFraction)) continue;
    members[i].stalled = true;
    epoll_ctl(epfd, EPOLL_CTL_DEL, members[i].fd, nullptr);
    stalledCount++;
  }

  sending = true;
  vector<size_t> senders;
  for (size_t i = 0; i < total; i++) if (members[i].inRoom < publishers) senders.push_back(i);
  if (!openLoop) for (size_t i : senders) for (int k = 0; k < inFlight; k++) publish(members[i], nowNs());

  double messagesPerNs = perSecond / roomSize / 1e9;
  std::exponential_distribution<double> gap(openLoop ? messagesPerNs : 1);
  std::uniform_int_distribution<size_t> pick(0, senders.size() - 1);
  u64 start = nowNs();
  double due = double(start) + gap(rng);
  u64 measureFrom = start + u64(warmup * 1e9), end = measureFrom + u64(seconds * 1e9);
  u64 cpu0 = 0, t0 = 0, idle0 = 0;
  for (;;) {
    u64 now = nowNs();
    if (!measuring && now >= measureFrom) {
      measuring = true;
      cpu0 = cpuNs(pid);
      t0 = nowNs();
      idle0 = idleNs;
    }
    if (now >= end) break;
    if (openLoop) {
      while (due <= double(now)) {
        publish(members[senders[pick(rng)]], u64(due));
        due += gap(rng);
      }
    }
    poll(0);
  }
  u64 cpu = cpuNs(pid) - cpu0, elapsed = nowNs() - t0, idle = idleNs - idle0;
  u64 deliveries = measured;
  measuring = false;
  sending = false;
  // What is still under way may arrive: nothing may be lost.
  u64 expected = 0;
  for (size_t i : senders) expected += members[i].sent * u64(roomSize);
  expected -= u64(double(expected) / double(total) * double(stalledCount) + 0.5);
  giveUp = nowNs() + 5000000000ull;
  while (received < expected && nowNs() < giveUp) poll(1);
  double cpuSeconds = double(cpu) / 1e9;
  printf(
      "{\"deliveries\":%llu,\"seconds\":%.4f,\"cpuSeconds\":%.4f,\"perCpuSecond\":%.0f,\"perSecond\":%.0f,\"serverCore\":%.3f,"
      "\"generatorBusy\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"expected\":%llu,\"received\":%llu,\"errors\":%llu,\"closed\":%llu}\n",
      (unsigned long long)deliveries, double(elapsed) / 1e9, cpuSeconds, cpuSeconds > 0 ? double(deliveries) / cpuSeconds : 0.0,
      double(deliveries) / (double(elapsed) / 1e9), double(cpu) / double(elapsed), 1 - double(idle) / double(elapsed),
      percentile(0.5), percentile(0.99), percentile(0.999), (unsigned long long)expected, (unsigned long long)received,
      (unsigned long long)errors, (unsigned long long)closedByServer);
  return 0;
}
