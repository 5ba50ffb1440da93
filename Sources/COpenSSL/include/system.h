// The disk and the memory of this process: what Swift cannot call, or not safely.
#ifndef OCMGATE_SYSTEM_H
#define OCMGATE_SYSTEM_H

#ifdef __linux__
#include <linux/falloc.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#endif
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>

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

// Free memory of the allocator goes back to the system.
static inline void ocmgate_give_back_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

#endif
