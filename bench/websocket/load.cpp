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

// ---- those who come and go: they read what they get, and nothing is expected of it ----
struct Visitor {
  int fd = -1;
  int room = 0;
  bool upgraded = false;
  u64 leavesAt = 0;        // 0: stays
  string in;
};
static vector<Visitor> visitors;
static const u64 VISITOR = 1ull << 32;
static u64 visits = 0, visitsFailed = 0;

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

static sockaddr_in address;
static string pathOf;

static string requestFor(int room) {
  char path[256];
  snprintf(path, sizeof path, pathOf.c_str(), room);
  return string("GET ") + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

static void startVisit(size_t i, int room, u64 leavesAt) {
  Visitor& v = visitors[i];
  v = Visitor{};
  v.room = room;
  v.leavesAt = leavesAt;
  v.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (v.fd < 0) die("socket");
  if (connect(v.fd, (const sockaddr*)&address, sizeof address) != 0 && errno != EINPROGRESS) die("connect");
  epoll_event e{};
  e.events = EPOLLOUT;
  e.data.u64 = VISITOR | i;
  epoll_ctl(epfd, EPOLL_CTL_ADD, v.fd, &e);
}

static void endVisit(Visitor& v) {
  if (v.fd < 0) return;
  close(v.fd);
  v.fd = -1;
}

static void visit(size_t i, uint32_t happened) {
  static char buffer[65536];
  Visitor& v = visitors[i];
  if (v.fd < 0) return;
  if (happened & EPOLLOUT) {
    string request = requestFor(v.room);
    if (write(v.fd, request.data(), request.size()) < 0) { visitsFailed++; endVisit(v); return; }
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u64 = VISITOR | i;
    epoll_ctl(epfd, EPOLL_CTL_MOD, v.fd, &e);
    return;
  }
  ssize_t got = read(v.fd, buffer, sizeof buffer);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { visitsFailed++; endVisit(v); return; }
  if (v.upgraded) return;
  v.in.append(buffer, size_t(got));
  if (v.in.find("\r\n\r\n") == string::npos) return;
  if (v.in.compare(0, 12, "HTTP/1.1 101") != 0) { visitsFailed++; endVisit(v); return; }
  v.upgraded = true;
  v.in.clear();
  visits++;
}

static void sayGoodbye(Visitor& v) {
  static const unsigned char frame[] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};
  if (v.fd >= 0 && v.upgraded && write(v.fd, frame, sizeof frame) < 0) visitsFailed++;
  endVisit(v);
}

static void connectMember(size_t index) {
  Member& m = members[index];
  m.fd = socket(AF_INET, SOCK_STREAM, 0);
  if (m.fd < 0) die("socket");
  if (connect(m.fd, (const sockaddr*)&address, sizeof address) != 0) die("connect");
  int one = 1;
  setsockopt(m.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(m.fd, F_SETFL, O_NONBLOCK);
  m.out = requestFor(m.room);
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
    if (events[i].data.u64 & VISITOR) { visit(size_t(events[i].data.u64 & 0xffffffff), events[i].events); continue; }
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
  double churn = num("churn", 0);  // visitors that come per second, and as many that go
  size_t storm = size_t(num("storm", 0));  // visitors that are all cut off, and come back at once
  pathOf = arg("path", "/bench/room%d");
  latencyUs.assign(2000001, 0);

  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(num("port", 8081)));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  epfd = epoll_create1(0);
  size_t total = size_t(rooms) * size_t(roomSize);
  members.resize(total);
  for (size_t i = 0; i < total; i++) {
    members[i].room = int(i) / roomSize;
    members[i].inRoom = int(i) % roomSize;
    members[i].next.assign(size_t(publishers), 0);
    connectMember(i);
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

  // Those of the storm have rooms of their own, so that the others get the same as without them.
  const int stormRooms = 20;
  const u64 stay = 500000000ull;
  visitors.resize(storm + size_t(churn * double(stay) / 1e9 * 2) + 1);
  for (size_t i = 0; i < storm; i++) {
    startVisit(i, rooms + int(i) % stormRooms, 0);
    if (i % 50 == 49) while (visits + visitsFailed + 20 < i) poll(10);
  }
  giveUp = nowNs() + 30000000000ull;
  while (visits < storm && nowNs() < giveUp) poll(10);
  if (visits < storm) die("only " + std::to_string(visits) + " of the storm's visitors connected");

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
  size_t nextVisitor = storm, cutOff = 0, cameBack = 0;
  double visitDue = double(start);
  std::uniform_int_distribution<int> anyRoom(0, rooms - 1);
  u64 stormFrom = measureFrom + 500000000ull, stormMs = 0;
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
    if (churn > 0 && double(now) >= visitDue) {
      sayGoodbye(visitors[nextVisitor]);
      startVisit(nextVisitor, anyRoom(rng), now + stay);
      if (++nextVisitor == visitors.size()) nextVisitor = storm;
      visitDue += 1e9 / churn;
    }
    for (size_t i = storm; churn > 0 && i < visitors.size(); i++)
      if (visitors[i].fd >= 0 && now > visitors[i].leavesAt) sayGoodbye(visitors[i]);
    if (storm > 0 && now >= stormFrom) {
      while (cutOff < storm) endVisit(visitors[cutOff++]);
      for (; cameBack < storm; cameBack++) startVisit(cameBack, rooms + int(cameBack) % stormRooms, 0);
      if (stormMs == 0 && visits >= 2 * storm) stormMs = (now - stormFrom) / 1000000;
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
      "\"generatorBusy\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"expected\":%llu,\"received\":%llu,\"errors\":%llu,\"closed\":%llu,\"visits\":%llu,"
      "\"visitsFailed\":%llu,\"stormMs\":%llu}\n",
      (unsigned long long)deliveries, double(elapsed) / 1e9, cpuSeconds, cpuSeconds > 0 ? double(deliveries) / cpuSeconds : 0.0,
      double(deliveries) / (double(elapsed) / 1e9), double(cpu) / double(elapsed), 1 - double(idle) / double(elapsed),
      percentile(0.5), percentile(0.99), percentile(0.999), (unsigned long long)expected, (unsigned long long)received,
      (unsigned long long)errors, (unsigned long long)closedByServer, (unsigned long long)visits,
      (unsigned long long)visitsFailed, (unsigned long long)stormMs);
  return 0;
}
