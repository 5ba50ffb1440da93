/* Preloaded into a gateway, this has the opening of files whose path ends with HUNG_NAME wait for as long as there
   is a file HUNG_WHILE, as on a disk that does not answer. The file HUNG_WHILE with `.waits` says that one waits. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef int opening(const char *, int, ...);

static int real(const char *symbol, const char *path, int flags, mode_t mode) {
    return ((opening *)dlsym(RTLD_NEXT, symbol))(path, flags, mode);
}

static void hang(const char *path) {
    const char *name = getenv("HUNG_NAME"), *flag = getenv("HUNG_WHILE");
    if (!name || !flag || !path) return;
    size_t length = strlen(path), end = strlen(name);
    if (length < end || strcmp(path + length - end, name) != 0 || access(flag, F_OK) != 0) return;
    char told[4096];
    snprintf(told, sizeof told, "%s.waits", flag);
    int file = real("open", told, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file >= 0) close(file);
    while (access(flag, F_OK) == 0) usleep(10000);
}

#define OPENING(symbol)                                  \
    int symbol(const char *path, int flags, ...) {       \
        mode_t mode = 0;                                 \
        if (flags & (O_CREAT | O_TMPFILE)) {             \
            va_list more;                                \
            va_start(more, flags);                       \
            mode = va_arg(more, mode_t);                 \
            va_end(more);                                \
        }                                                \
        hang(path);                                      \
        return real(#symbol, path, flags, mode);         \
    }

OPENING(open)
OPENING(open64)
