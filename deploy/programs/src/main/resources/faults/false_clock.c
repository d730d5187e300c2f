/*
 * A wall clock that steps, for one process: preloaded, it adds to the real time the seconds that
 * stand at the beginning of the file FQT_FALSE_CLOCK (8 bytes, the machine's own byte order). The
 * monotonic clock stays true, as when an operator or NTP sets the time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_s;

__attribute__((constructor)) static void open_file(void)
{
    const char *name = getenv("FQT_FALSE_CLOCK");
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    void *mapped = mmap(NULL, sizeof *offset_s, PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) {
        offset_s = mapped;
    }
    close(file);
}

static int64_t step_s(void)
{
    return offset_s == NULL ? 0 : *offset_s;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    }
    int status = real(clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += step_s();
    }
    return status;
}

int gettimeofday(struct timeval *now, void *zone)
{
    static int (*real)(struct timeval *, void *);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "gettimeofday");
    }
    int status = real(now, zone);
    if (status == 0) {
        now->tv_sec += step_s();
    }
    return status;
}

time_t time(time_t *now)
{
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now != NULL) {
        *now = precise.tv_sec;
    }
    return precise.tv_sec;
}
