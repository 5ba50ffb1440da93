// The disk, the memory and the threads of this process: what Swift cannot call, or not safely.
#ifndef OCMGATE_SYSTEM_H
#define OCMGATE_SYSTEM_H

#ifdef __linux__
#include <linux/falloc.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#endif
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

// Blocks of the disk for what will be written behind the end of a file, whose size stays; 0 or errno.
static inline int ocmgate_keep_room(int file, long long offset, long long length) {
#ifdef __linux__
    return syscall(SYS_fallocate, file, FALLOC_FL_KEEP_SIZE, offset, length) == 0 ? 0 : errno;
#else
    return EOPNOTSUPP;
#endif
}

// Bytes that are left to everybody on a file system that writes nothing in place (btrfs, ZFS, bcachefs); -1 on
// any other, and where nobody knows.
static inline long long ocmgate_room_to_copy(const char *path) {
#ifdef __linux__
    struct statfs facts;
    if (statfs(path, &facts) != 0) return -1;
    switch ((unsigned int)facts.f_type) {
        case 0x9123683e:
        case 0x2fc12fc1:
        case 0xca451a4e: return (long long)facts.f_bavail * (long long)facts.f_bsize;
    }
#endif
    return -1;
}

// The access list of a file over links (acl(5)), as the kernel keeps it: the number of its bytes, 0 where there is
// none, -1 where there is no room for it, and where nobody knows.
static inline long ocmgate_access_list(const char *path, void *bytes, size_t room) {
#ifdef __linux__
    const long count = (long)getxattr(path, "system.posix_acl_access", bytes, room);
    if (count >= 0) return count;
    return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -1;
#else
    return 0;
#endif
}

// No core file, no attached debugger and no backtrace, which shows memory, gets the secrets of this
// process; 0 when it is so. A sanitizer keeps its own handlers.
static inline int ocmgate_keep_out_of_dumps(void) {
#if defined(__has_feature) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
    const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGQUIT};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) signal(faults[i], SIG_DFL);
#endif
    struct rlimit none = {0, 0};
    int failed = setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    failed |= prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    return failed;
}

// As many descriptors as wanted, where the hard limit lets this process have them: the soft one is what a
// shell has for programs that use select, 1024. How many there may be then; -1 when that is not known.
static inline long long ocmgate_raise_descriptors(long long wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    if (limit.rlim_cur < (rlim_t)wanted && limit.rlim_cur < limit.rlim_max) {
        const struct rlimit more = {
            limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &more) == 0) limit = more;
    }
    return limit.rlim_cur > LLONG_MAX ? LLONG_MAX : (long long)limit.rlim_cur;
}

static inline void *ocmgate_pass(void *gate) {
    pthread_mutex_lock((pthread_mutex_t *)gate);
    pthread_mutex_unlock((pthread_mutex_t *)gate);
    return NULL;
}

// The threads of this process; 0 where the system does not say.
static inline long ocmgate_threads(void) {
    struct stat facts;
    return stat("/proc/self/task", &facts) == 0 ? (long)facts.st_nlink : 0;
}

// How many of so many threads the system lets this process have beside those it has: they are made, and end.
static inline int ocmgate_try_threads(int wanted) {
    if (wanted <= 0) return 0;
    pthread_t *threads = (pthread_t *)calloc((size_t)wanted, sizeof *threads);
    if (threads == NULL) return 0;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    const long before = ocmgate_threads();
    int count = 0;
    pthread_mutex_lock(&gate);
    while (count < wanted && pthread_create(&threads[count], NULL, ocmgate_pass, &gate) == 0) count++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    free(threads);
    // A thread that was joined counts a moment longer; others may have begun meanwhile.
    for (int i = 0; i < 50 && ocmgate_threads() > before; i++) {
        const struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
    }
    return count;
}

// Free memory of the allocator goes back to the system.
static inline void ocmgate_give_back_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

#endif
