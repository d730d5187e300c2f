/* newlib's printf as it is packaged does not know %zu; size_t is unsigned int here, so the 'z' is
 * dropped. The linker puts these in front (--wrap). */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define FORMAT_MAX 512

int __wrap_printf(const char *format, ...);
int __wrap_fprintf(FILE *file, const char *format, ...);
int __wrap_snprintf(char *out, size_t cap, const char *format, ...);

/* Longer formats are cut off. */
static const char *without_z(const char *format, char out[FORMAT_MAX]) {
    int n = 0;
    for (bool in_field = false; *format != '\0' && n < FORMAT_MAX - 1; format++) {
        if (*format == '%') {
            in_field = true;
        } else if (*format == 'z' && in_field) {
            in_field = false;
            continue;
        } else if (*format < '0' || *format > '9') {
            in_field = false;
        }
        out[n++] = *format;
    }
    out[n] = '\0';
    return out;
}

int __wrap_printf(const char *format, ...) {
    char plain[FORMAT_MAX];
    va_list arguments;
    va_start(arguments, format);
    const int n = vprintf(without_z(format, plain), arguments);
    va_end(arguments);
    return n;
}

int __wrap_fprintf(FILE *file, const char *format, ...) {
    char plain[FORMAT_MAX];
    va_list arguments;
    va_start(arguments, format);
    const int n = vfprintf(file, without_z(format, plain), arguments);
    va_end(arguments);
    return n;
}

int __wrap_snprintf(char *out, size_t cap, const char *format, ...) {
    char plain[FORMAT_MAX];
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(out, cap, without_z(format, plain), arguments);
    va_end(arguments);
    return n;
}
