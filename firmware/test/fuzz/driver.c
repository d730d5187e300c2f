/*
 * fuzz_<name> iterations SEED COUNT | seconds SEED SECONDS | FILE...
 *
 * The n-th input depends on the seed and n only, so a run repeats. Each is a seed input or the
 * splice of two, with a few mutations. When the target dies the input is left in <program>.crash;
 * kept as test/fuzz/regress/<name>-<what>, it is run before everything else from then on.
 */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "test/fuzz/fuzz.h"
#include "test/unit/expect.h"

#define SEEDS_MAX     64u
#define MUTATIONS_MAX 6u

static uint8_t seeds[SEEDS_MAX][FUZZ_INPUT_MAX];
static size_t seed_lengths[SEEDS_MAX];
static unsigned seed_count;
static uint8_t input[FUZZ_INPUT_MAX];
static size_t input_length;
static const char *program;
static unsigned random_state;

static void keep_input(void) {
    char path[512];
    snprintf(path, sizeof path, "%s.crash", program);
    FILE *file = fopen(path, "wb");
    if (file != NULL) {
        (void)fwrite(input, 1, input_length, file);
        (void)fclose(file);
        fprintf(stderr, "%s: the input is in %s\n", program, path);
    }
}

static void on_abort(int number) {
    keep_input();
    _Exit(128 + number);
}

/* The sanitizers call it before they end the program. */
void __sanitizer_set_death_callback(void (*callback)(void));

static unsigned chance(unsigned below) {
    return expect_random(&random_state) % below;
}

static void put_number(size_t at) {
    static const uint32_t interesting[] = {0,      1,      0x7F,       0x80,       0xFF,
                                           0x7FFF, 0x8000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    const uint32_t value = interesting[chance(sizeof interesting / sizeof interesting[0])];
    for (unsigned i = 0; i < 4 && at + i < input_length; i++) {
        input[at + i] = (uint8_t)(value >> 8 * i);
    }
}

static void cut_out(size_t at) {
    const size_t room = input_length - at;
    const size_t length = 1 + chance(room < 16 ? (unsigned)room : 16u);
    memmove(input + at, input + at + length, room - length);
    input_length -= length;
}

static void insert(size_t at) {
    const size_t length = 1 + chance(16);
    if (input_length + length > sizeof input) {
        return;
    }
    memmove(input + at + length, input + at, input_length - at);
    const uint8_t filler = (uint8_t)chance(256);
    for (size_t i = 0; i < length; i++) {
        input[at + i] = chance(2) ? filler : (uint8_t)chance(256);
    }
    input_length += length;
}

static void mutate(void) {
    if (input_length == 0) {
        insert(0);
        return;
    }
    const size_t at = chance((unsigned)input_length);
    switch (chance(7)) {
    case 0:
        input[at] ^= (uint8_t)(1u << chance(8));
        break;
    case 1:
        input[at] = (uint8_t)chance(256);
        break;
    case 2:
        put_number(at);
        break;
    case 3:
        cut_out(at);
        break;
    case 4:
        insert(at);
        break;
    case 5:
        input_length = at;
        break;
    default:
        input[at] = (uint8_t)(input[at] + 1u - 2u * chance(2));
        break;
    }
}

static void make_input(unsigned number, unsigned seed) {
    random_state = (seed * 2654435761u) ^ (number * 40503u + 1u);
    if (random_state == 0) {
        random_state = 1;
    }
    for (unsigned i = 0; i < 4; i++) {
        (void)expect_random(&random_state);
    }
    const unsigned first = chance(seed_count);
    input_length = seed_lengths[first];
    memcpy(input, seeds[first], input_length);
    if (chance(4) == 0) {
        const unsigned second = chance(seed_count);
        const size_t from = chance((unsigned)seed_lengths[second] + 1u);
        const size_t to = chance((unsigned)input_length + 1u);
        size_t length = seed_lengths[second] - from;
        length = to + length > sizeof input ? sizeof input - to : length;
        memcpy(input + to, seeds[second] + from, length);
        input_length = to + length;
    }
    for (unsigned i = chance(MUTATIONS_MAX); i > 0; i--) {
        mutate();
    }
}

/* In a block of its exact size, so that the sanitizer sees a read past its end. */
static void run_input(void) {
    uint8_t *exact = malloc(input_length > 0 ? input_length : 1);
    memcpy(exact, input, input_length);
    (void)LLVMFuzzerTestOneInput(exact, input_length);
    free(exact);
}

static int run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot open %s\n", program, path);
        return 1;
    }
    input_length = fread(input, 1, sizeof input, file);
    (void)fclose(file);
    run_input();
    return 0;
}

int main(int argc, char **argv) {
    program = argv[0];
    __sanitizer_set_death_callback(keep_input);
    (void)signal(SIGABRT, on_abort);
    while (seed_count < SEEDS_MAX &&
           (seed_lengths[seed_count] = fuzz_seed(seed_count, seeds[seed_count])) > 0) {
        seed_count++;
    }
    if (argc < 2) {
        fprintf(stderr, "usage: %s iterations SEED COUNT | seconds SEED SECONDS | FILE...\n",
                program);
        return 2;
    }
    const int by_time = strcmp(argv[1], "seconds") == 0;
    if (!by_time && strcmp(argv[1], "iterations") != 0) {
        for (int i = 1; i < argc; i++) {
            if (run_file(argv[i]) != 0) {
                return 1;
            }
        }
        printf("%s: %d files passed\n", program, argc - 1);
        return 0;
    }
    if (argc != 4) {
        fprintf(stderr, "%s: %s needs a seed and a number\n", program, argv[1]);
        return 2;
    }
    const unsigned seed = (unsigned)strtoul(argv[2], NULL, 10);
    const unsigned limit = (unsigned)strtoul(argv[3], NULL, 10);
    const time_t end = time(NULL) + (time_t)limit;
    unsigned number = 0;
    for (; by_time ? time(NULL) < end : number < limit; number++) {
        make_input(number, seed);
        run_input();
    }
    printf("%s: %u inputs from %u seeds, seed %u: passed\n", program, number, seed_count, seed);
    return 0;
}
