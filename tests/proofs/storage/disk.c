/* Stands between a program and the C library, for files below CLINIC_DISK_ROOT only.
 *
 * Recording (CLINIC_DISK_LOG): every change of those files is appended to a log, in the order in
 * which it happened, so that a crash can be played at any moment of it.
 * Failing (CLINIC_DISK_FAIL="KIND:NTH:ERRNO:once|ever|each"): the NTH call of a kind after the file
 * ".armed" was made fails, or every one from it on, or each NTH. KIND is one of w (write), s (sync),
 * o (open), t (truncate), or a (any). A failure is noted in the log as "f".
 *
 * cc -shared -fPIC -O2 -o disk.so disk.c -ldl -lpthread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS 4096
#define NAME 512

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char *names[FDS];
static char root[NAME];
static size_t root_length;
static int log_fd = -1, armed, fail_errno, fail_ever, fail_each, ready;
static char fail_kind;
static long fail_at, calls;

struct entry { char kind; uint16_t name_length; uint32_t length; int64_t offset; } __attribute__((packed));

static void prepare(void) {
    if (ready) return;
    ready = 1;
    const char *below = getenv("CLINIC_DISK_ROOT"), *log = getenv("CLINIC_DISK_LOG");
    const char *fail = getenv("CLINIC_DISK_FAIL");
    if (below == NULL || strlen(below) >= NAME - 1) return;
    strcpy(root, below);
    root_length = strlen(root);
    if (log != NULL) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    char how[8] = "";
    if (fail != NULL && sscanf(fail, "%c:%ld:%d:%7s", &fail_kind, &fail_at, &fail_errno, how) == 4)
        fail_ever = !strcmp(how, "ever"), fail_each = !strcmp(how, "each");
}

/* For a process that was forked: forget what its parent did and read the environment anew. */
void clinic_disk_begin(void) {
    pthread_mutex_lock(&lock);
    if (log_fd >= 0) syscall(SYS_close, log_fd);
    log_fd = -1;
    ready = armed = fail_errno = fail_ever = fail_each = 0;
    fail_kind = 0;
    fail_at = calls = 0;
    root_length = 0;
    prepare();
    pthread_mutex_unlock(&lock);
}

/* The name below the root, "" for the root itself, or NULL. */
static const char *below_root(const char *path) {
    prepare();
    if (!root_length || path == NULL || strncmp(path, root, root_length)) return NULL;
    if (path[root_length] == 0) return path + root_length;
    return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static void note(char kind, const char *name, int64_t offset, const void *bytes, size_t length) {
    if (log_fd < 0 || name == NULL) return;
    size_t n = strlen(name), k = strlen(name) >= 4 ? strlen(name) - 4 : 0;
    if (!strcmp(name + k, "-shm")) return;              /* never read again after a crash */
    struct entry entry = {kind, (uint16_t)n, (uint32_t)length, offset};
    char *whole = malloc(sizeof entry + n + length);
    memcpy(whole, &entry, sizeof entry);
    memcpy(whole + sizeof entry, name, n);
    if (length) memcpy(whole + sizeof entry + n, bytes, length);
    size_t left = sizeof entry + n + length, at = 0;
    while (left) {
        long done = syscall(SYS_write, log_fd, whole + at, left);
        if (done <= 0) abort();
        at += (size_t)done;
        left -= (size_t)done;
    }
    free(whole);
}

/* 1 when this call has to fail; errno is set. */
static int refused(char kind, const char *name) {
    if (name == NULL || !fail_at || !armed) return 0;
    size_t n = strlen(name);
    if (name[0] == '.' || (n >= 4 && !strcmp(name + n - 4, "-shm"))) return 0;
    if (fail_kind != 'a' && fail_kind != kind) return 0;
    calls++;
    if (calls == fail_at || (fail_ever && calls > fail_at) || (fail_each && calls % fail_at == 0)) {
        note('f', name, calls, NULL, 0);
        errno = fail_errno;
        return 1;
    }
    return 0;
}

static const char *name_of(int fd) { return fd >= 0 && fd < FDS ? names[fd] : NULL; }

#define REAL(type, name, args) static type(*real) args; if (!real) real = dlsym(RTLD_NEXT, name)
#define ENTER pthread_mutex_lock(&lock)
#define LEAVE(value) do { int kept = errno; pthread_mutex_unlock(&lock); errno = kept; return value; } while (0)

static int opened(int fd, const char *name, int flags, int existed) {
    if (fd < 0 || fd >= FDS || name == NULL) return fd;
    free(names[fd]);
    names[fd] = strdup(name);
    if (!strcmp(name, ".armed")) armed = 1;
    if ((flags & O_CREAT) && !existed) note('c', name, 0, NULL, 0);
    if (flags & O_TRUNC) note('t', name, 0, NULL, 0);
    return fd;
}

static int do_open(int at, const char *path, int flags, mode_t mode) {
    const char *name = below_root(path);
    ENTER;
    struct stat found;
    int existed = name != NULL && syscall(SYS_newfstatat, at, path, &found, 0) == 0;
    int fd = refused('o', name) ? -1 : (int)syscall(SYS_openat, at, path, flags, mode);
    opened(fd, name, flags, existed);
    LEAVE(fd);
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | __O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
int open(const char *path, int flags, ...) { MODE return do_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return do_open(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE return do_open(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE return do_open(at, path, flags, mode); }

int close(int fd) {
    REAL(int, "close", (int));
    ENTER;
    if (fd >= 0 && fd < FDS && fd != log_fd) { free(names[fd]); names[fd] = NULL; }
    int done = fd == log_fd && fd >= 0 ? 0 : real(fd);
    LEAVE(done);
}

static ssize_t put(int fd, const void *bytes, size_t length, int64_t offset) {
    const char *name = name_of(fd);
    ENTER;
    ssize_t done = -1;
    if (offset < 0 && name != NULL) offset = lseek(fd, 0, SEEK_CUR);
    if (!refused('w', name)) done = (ssize_t)syscall(SYS_pwrite64, fd, bytes, length, offset);
    if (done > 0) note('w', name, offset, bytes, (size_t)done);
    LEAVE(done);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return put(fd, bytes, length, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return put(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length) {
    const char *name = name_of(fd);
    if (name == NULL) return (ssize_t)syscall(SYS_write, fd, bytes, length);
    ENTER;
    ssize_t done = -1;
    off_t offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    if (!refused('w', name)) done = (ssize_t)syscall(SYS_write, fd, bytes, length);
    if (done > 0) note('w', name, offset, bytes, (size_t)done);
    LEAVE(done);
}

static int cut(int fd, int64_t length) {
    const char *name = name_of(fd);
    ENTER;
    int done = refused('t', name) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
    if (done == 0) note('t', name, length, NULL, 0);
    LEAVE(done);
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int synced(int fd, long call) {
    const char *name = name_of(fd);
    ENTER;
    int done = refused('s', name) ? -1 : (int)syscall(call, fd);
    if (done == 0) note('s', name, 0, NULL, 0);
    LEAVE(done);
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int removed(int at, const char *path, int flags) {
    const char *name = below_root(path);
    ENTER;
    int done = (int)syscall(SYS_unlinkat, at, path, flags);
    if (done == 0) note('u', name, 0, NULL, 0);
    LEAVE(done);
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int remove(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return removed(at, path, flags); }

static int moved(int from_at, const char *from, int to_at, const char *to) {
    const char *was = below_root(from), *is = below_root(to);
    ENTER;
    int done = (int)syscall(SYS_renameat, from_at, from, to_at, to);
    if (done == 0 && was != NULL && is != NULL) note('m', was, 0, is, strlen(is));
    LEAVE(done);
}

int rename(const char *from, const char *to) { return moved(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int a, const char *from, int b, const char *to) { return moved(a, from, b, to); }

int mkdir(const char *path, mode_t mode) {
    const char *name = below_root(path);
    ENTER;
    int done = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (done == 0) note('d', name, 0, NULL, 0);
    LEAVE(done);
}
