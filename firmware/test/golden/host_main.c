/* trajectory --print | trajectory FILE: writes the golden lines, or checks them (exit 1 on
 * mismatch). */
#include <stdio.h>
#include <string.h>

#include "test/golden/trajectory.h"

static struct trajectory trajectory;

static bool print_line(void *context, const char *line) {
    (void)context;
    return puts(line) >= 0;
}

static void print_text(const char *text) {
    fputs(text, stdout);
}

int main(int argc, char **argv) {
    static char expected[1 << 16];
    if (argc != 2) {
        fprintf(stderr, "usage: %s --print | FILE\n", argv[0]);
        return 2;
    }
    if (strcmp(argv[1], "--print") == 0) {
        return trajectory_run(&trajectory, print_line, NULL) ? 0 : 1;
    }
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot open; write it with: make golden-update\n", argv[1]);
        return 2;
    }
    const size_t length = fread(expected, 1, sizeof expected - 1, file);
    fclose(file);
    expected[length] = '\0';
    return trajectory_matches(&trajectory, expected, print_text) ? 0 : 1;
}
