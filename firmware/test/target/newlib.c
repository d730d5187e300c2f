/* What newlib asks of the system, by semihosting: the unit suite prints, allocates and reads the
 * golden vectors. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "test/target/semihosting.h"

#define CHUNK_BYTES   64
#define OPEN_READ     1u /* "rb" */
#define FIRST_FILE    3  /* after stdin, stdout, stderr */
#define FILES_MAX     4
#define SYS_OPEN      0x01u
#define SYS_CLOSE     0x02u
#define SYS_READ      0x06u
#define SYS_SEEK      0x0Au
#define SYS_FILE_SIZE 0x0Cu

extern char end[]; /* of the variables; the heap begins here */
extern char board_stack_low[];

int _open(const char *path, int flags, int mode);
int _write(int file, const char *bytes, int length);
void *_sbrk(ptrdiff_t increment);
int _read(int file, char *bytes, int length);
int _close(int file);
int _fstat(int file, struct stat *out);
int _isatty(int file);
int _lseek(int file, int offset, int whence);
int _getpid(void);
int _kill(int process, int signal);
_Noreturn void _exit(int code);

struct open_file {
    uint32_t handle; /* the debugger's */
    int position;
    int length;
};

static struct open_file files[FILES_MAX];
static int opened;

/* Files are numbered as they are opened; none is used again, the suite opens few. */
int _open(const char *path, int flags, int mode) {
    const uint32_t open[3] = {(uint32_t)(uintptr_t)path, OPEN_READ, (uint32_t)strlen(path)};
    (void)mode;
    if (flags != 0 || opened == FILES_MAX) {
        errno = EMFILE;
        return -1;
    }
    const uint32_t handle = semihosting_call(SYS_OPEN, open);
    if (handle == UINT32_MAX) {
        errno = ENOENT;
        return -1;
    }
    const uint32_t size[1] = {handle};
    files[opened] = (struct open_file){handle, 0, (int)semihosting_call(SYS_FILE_SIZE, size)};
    return FIRST_FILE + opened++;
}

static struct open_file *file_of(int file) {
    return file >= FIRST_FILE && file < FIRST_FILE + opened ? &files[file - FIRST_FILE] : NULL;
}

int _read(int file, char *bytes, int length) {
    struct open_file *open = file_of(file);
    if (open == NULL) {
        return 0;
    }
    const uint32_t read[3] = {open->handle, (uint32_t)(uintptr_t)bytes, (uint32_t)length};
    const int got = length - (int)semihosting_call(SYS_READ, read);
    open->position += got;
    return got;
}

int _lseek(int file, int offset, int whence) {
    struct open_file *open = file_of(file);
    if (open == NULL) {
        return 0;
    }
    const int from[] = {0, open->position, open->length};
    const uint32_t seek[2] = {open->handle, (uint32_t)(from[whence] + offset)};
    if (semihosting_call(SYS_SEEK, seek) != 0) {
        return -1;
    }
    open->position = from[whence] + offset;
    return open->position;
}

int _close(int file) {
    const struct open_file *open = file_of(file);
    if (open != NULL) {
        const uint32_t close[1] = {open->handle};
        (void)semihosting_call(SYS_CLOSE, close);
    }
    return 0;
}

int _write(int file, const char *bytes, int length) {
    char text[CHUNK_BYTES + 1];
    (void)file;
    for (int done = 0; done < length;) {
        int n = 0;
        while (n < CHUNK_BYTES && done < length) {
            text[n++] = bytes[done++];
        }
        text[n] = '\0';
        semihosting_print(text);
    }
    return length;
}

void *_sbrk(ptrdiff_t increment) {
    static char *top = end;
    if (increment > board_stack_low - top) {
        errno = ENOMEM;
        return (void *)-1;
    }
    char *const before = top;
    top += increment;
    return before;
}

int _isatty(int file) {
    return file < FIRST_FILE;
}

int _fstat(int file, struct stat *out) {
    out->st_mode = _isatty(file) ? S_IFCHR : S_IFREG;
    return 0;
}

int _getpid(void) {
    return 1;
}

int _kill(int process, int signal) {
    (void)process;
    semihosting_exit(signal == 0 ? 1 : signal);
}

_Noreturn void _exit(int code) {
    semihosting_exit(code);
}
