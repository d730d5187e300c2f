/* The device on any board: pages from flash, bytes from the UARTs, the super-loop. */
#include <string.h>

#include "app/device.h"
#include "app/flash_store.h"
#include "core/static_model.h"
#include "port/cortex_m/board_port.h"
#include "port/cortex_m/faults.h"
#include "wire/le.h"
#include "wire/sha256.h"

#define PROVISIONING_PAGE  ((const uint8_t *)BOARD_PROVISIONING_BASE)
#define MODEL_PAGE         ((const uint8_t *)BOARD_MODEL_BASE)
#define COMPLAIN_EVERY_MS  5000u
#define STACK_LOG_EVERY_MS 2000u
#define CHANCE_SAMPLES     256u

static struct device device;
static struct flash_store flash_store;
static const struct model fqt_model = {&fqt_model_spec, &fqt_model_plan};

static size_t network_read(void *context, uint8_t *out, size_t cap) {
    (void)context;
    return uart_read(UART_NETWORK, out, cap);
}

static size_t network_write(void *context, const uint8_t *bytes, size_t length) {
    (void)context;
    return uart_write(UART_NETWORK, bytes, length);
}

static size_t sensor_read(void *context, uint8_t *out, size_t cap) {
    (void)context;
    return uart_read(UART_SENSOR, out, cap);
}

static size_t sensor_write(void *context, const uint8_t *bytes, size_t length) {
    (void)context;
    return uart_write(UART_SENSOR, bytes, length);
}

__attribute__((weak)) bool board_sensor_window(int16_t samples[FQT_WINDOW]) {
    (void)samples;
    return false;
}

static bool sensor_window(void *context, int16_t samples[FQT_WINDOW]) {
    (void)context;
    return board_sensor_window(samples);
}

static uint64_t now_ms(void *context) {
    (void)context;
    return clock_now_ms();
}

/*
 * An emulated board has no random numbers. The nonce must tell boots apart: the stored state (it
 * holds the boot counter) does that while the store lives, the key tells devices apart, and the
 * jitter of the emulator's clock against its instructions tells a wiped device from a new one. With
 * QEMU's -icount there is no jitter, and a wiped device repeats its nonces.
 */
static uint32_t boot_nonce(const struct agent_store *store) {
    uint8_t digest[SHA256_DIGEST_BYTES];
    struct sha256 sha;
    sha256_init(&sha);
    sha256_update(&sha, PROVISIONING_PAGE, PROVISIONING_PAGE_MAX);
    size_t length;
    const uint8_t *state = store->view(store->context, AGENT_STATE, &length);
    if (state != NULL) {
        sha256_update(&sha, state, length);
    }
    uint8_t chance[4];
    le_store_u32(chance, board_random());
    sha256_update(&sha, chance, sizeof chance);
    for (unsigned i = 0; i < CHANCE_SAMPLES; i++) {
        uint8_t ticks[4];
        le_store_u32(ticks, clock_ticks());
        sha256_update(&sha, ticks, sizeof ticks);
    }
    sha256_final(&sha, digest);
    return le_load_u32(digest);
}

/* Without its pages a device has no name to report under: it says on the sensor line and in the
 * log what is wrong, for whoever flashes it. */
static _Noreturn void complain(const char *page, enum page_status status) {
    const char *parts[] = {"fqt-device: ", page, " ", page_status_text(status), "\r\n"};
    uint64_t next_ms = 0;
    for (;;) {
        if (clock_now_ms() >= next_ms) {
            next_ms = clock_now_ms() + COMPLAIN_EVERY_MS;
            for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
                const uint8_t *text = (const uint8_t *)parts[i];
                board_log(parts[i]);
                for (size_t sent = 0; sent < strlen(parts[i]);) {
                    sent += uart_write(UART_SENSOR, text + sent, strlen(parts[i]) - sent);
                }
            }
        }
        watchdog_alive();
        uart_wait();
    }
}

static void log_number(const char *name, uint32_t value, uint32_t base) {
    char digits[11];
    uint32_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    board_log(name);
    board_log(base == 16 ? "0x" : "");
    board_log(digits + at);
}

/* What stopped the program before this boot, for whoever debugs it. */
static void log_fault(void) {
    struct fault_record fault;
    if (!fault_take(&fault)) {
        return;
    }
    board_log("fqt-device: stopped by ");
    board_log(fault_text(fault.kind));
    log_number(" pc ", fault.pc, 16);
    log_number(" lr ", fault.lr, 16);
    log_number(" status ", fault.status, 16);
    log_number(" address ", fault.address, 16);
    log_number(" stack ", fault.stack_bytes, 10);
    board_log("\r\n");
}

/* Whenever the stack was deeper than ever before, looked at now and then: the scan costs up to
 * 2,000 reads. */
static void log_stack(uint64_t now_ms) {
    static uint64_t next_ms;
    static uint32_t deepest;
    if (now_ms < next_ms) {
        return;
    }
    next_ms = now_ms + STACK_LOG_EVERY_MS;
    const uint32_t used = stack_used_bytes();
    if (used > deepest) {
        deepest = used;
        log_number("fqt-device: stack ", used, 10);
        log_number(" of ", stack_bytes(), 10);
        board_log(" bytes used\r\n");
    }
}

static void log_boot(void) {
    board_log("fqt-device: " BOARD_NAME);
    log_number(" boot ", device.agent.boot_counter, 10);
    log_number(", RAM ", BOARD_RAM_BYTES, 10);
    log_number(", clock ", BOARD_CLOCK_HZ, 10);
    board_log("\r\n");
}

int main(void) {
    faults_init();
    board_memory_limit();
    clock_init(board_clock_init());
    uart_init();
    log_fault();
    watchdog_init(WATCHDOG_PERIOD_MS);
    struct flash flash[AGENT_RECORDS];
    board_flash(flash);
    const struct agent_store store = flash_store_open(&flash_store, flash, &fqt_model);
    const struct agent_setup setup = {
        .provisioning_page = PROVISIONING_PAGE,
        .provisioning_length = BOARD_PAGE_BYTES,
        .model = fqt_model,
        .arena = fqt_model_arena,
        .model_page = MODEL_PAGE,
        .model_length = BOARD_PAGE_BYTES,
        .boot_nonce = boot_nonce(&store),
        .store = store,
        .now_ms = clock_now_ms(),
    };
    const struct device_board board = {NULL,         network_read, network_write, sensor_read,
                                       sensor_write, now_ms,       sensor_window};
    const char *bad_page;
    const enum page_status status = device_init(&device, &board, &setup, &bad_page);
    if (status != PAGE_OK) {
        complain(bad_page, status);
    }
    log_boot();
    for (;;) {
        watchdog_alive();
        log_stack(clock_now_ms());
        if (device_step(&device)) {
            uart_wait();
        }
    }
}
