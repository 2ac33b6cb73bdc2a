/*
 * Preloaded into pkcsslotd and into whoever uses libopencryptoki, it moves the files, the socket and the shared
 * memory that opencryptoki keeps at fixed places below PRIVATE_ROOT: a token of the tests then has a slot daemon of
 * its own, and what this machine uses opencryptoki for is never touched.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const PLACES[] = {
    "/etc/opencryptoki", "/var/lib/opencryptoki", "/var/lock/opencryptoki", "/run/lock/opencryptoki",
    "/var/log/opencryptoki", "/var/run/opencryptoki", "/run/opencryptoki", "/var/run/pkcsslotd",
    "/run/pkcsslotd", "/usr/sbin/pkcsslotd",
};

struct Path {
  char text[4096];
};

static const char *root(void) {
  const char *path = getenv("PRIVATE_ROOT");
  if (path) return path;
  fputs("private-opencryptoki: PRIVATE_ROOT is not set\n", stderr);
  abort();
}

static const char *moved(const char *path, struct Path *to) {
  for (size_t index = 0; path && index < sizeof PLACES / sizeof *PLACES; index++) {
    if (strncmp(path, PLACES[index], strlen(PLACES[index])) != 0) continue;
    snprintf(to->text, sizeof to->text, "%s%s", root(), path);
    return to->text;
  }
  return path;
}

/* POSIX shared memory has one folder for all: the name of the root goes before each name. */
static const char *movedMemory(const char *name, struct Path *to) {
  snprintf(to->text, sizeof to->text, "/%s.%s", strrchr(root(), '/') + 1, name + (*name == '/'));
  return to->text;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MOVED(path) moved(path, &(struct Path){""})
#define MOVED_MEMORY(name) movedMemory(name, &(struct Path){""})

static mode_t modeOf(int flags, va_list rest) {
  return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = modeOf(flags, rest);
  va_end(rest);
  return REAL(open)(MOVED(path), flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = modeOf(flags, rest);
  va_end(rest);
  return REAL(open64)(MOVED(path), flags, mode);
}

FILE *fopen(const char *path, const char *mode) { return REAL(fopen)(MOVED(path), mode); }
FILE *fopen64(const char *path, const char *mode) { return REAL(fopen64)(MOVED(path), mode); }
int stat(const char *path, struct stat *to) { return REAL(stat)(MOVED(path), to); }
int stat64(const char *path, struct stat64 *to) { return REAL(stat64)(MOVED(path), to); }
int unlink(const char *path) { return REAL(unlink)(MOVED(path)); }
int mkdir(const char *path, mode_t mode) { return REAL(mkdir)(MOVED(path), mode); }
int chmod(const char *path, mode_t mode) { return REAL(chmod)(MOVED(path), mode); }
int chown(const char *path, uid_t user, gid_t group) { return REAL(chown)(MOVED(path), user, group); }
key_t ftok(const char *path, int project) { return REAL(ftok)(MOVED(path), project); }
int shm_open(const char *name, int flags, mode_t mode) {
  return REAL(shm_open)(MOVED_MEMORY(name), flags, mode);
}
int shm_unlink(const char *name) { return REAL(shm_unlink)(MOVED_MEMORY(name)); }

/* C_InitToken removes the objects of the former token by a shell command that nothing would redirect. */
int system(const char *command) {
  return command != NULL ? 0 : REAL(system)(command);
}

static const struct sockaddr *movedSocket(const struct sockaddr *address, struct sockaddr_un *to) {
  if (address == NULL || address->sa_family != AF_UNIX) return address;
  to->sun_family = AF_UNIX;
  const char *path = MOVED(((const struct sockaddr_un *)address)->sun_path);
  if (path == ((const struct sockaddr_un *)address)->sun_path) return address;
  snprintf(to->sun_path, sizeof to->sun_path, "%s", path);
  return (struct sockaddr *)to;
}

#define MOVED_SOCKET(call, fd, address, length)                                        \
  struct sockaddr_un buffer = {0};                                                     \
  const struct sockaddr *target = movedSocket(address, &buffer);                       \
  return REAL(call)(fd, target, target == address ? length : (socklen_t)sizeof buffer)

int bind(int fd, const struct sockaddr *address, socklen_t length) { MOVED_SOCKET(bind, fd, address, length); }
int connect(int fd, const struct sockaddr *address, socklen_t length) {
  MOVED_SOCKET(connect, fd, address, length);
}
