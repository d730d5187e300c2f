/* The device on any board: pages from flash, bytes from the UARTs, the super-loop. */
#include <string.h>

#include "app/device.h"
#include "app/flash_store.h"
#include "port/cortex_m/board_port.h"
#include "wire/le.h"
#include "wire/sha256.h"

#define PROVISIONING_PAGE ((const uint8_t *)BOARD_PROVISIONING_BASE)
#define MODEL_PAGE        ((const uint8_t *)BOARD_MODEL_BASE)
#define COMPLAIN_EVERY_MS 5000u
#define CHANCE_SAMPLES    256u

static struct device device;
static struct flash_store flash_store;

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

static uint64_t now_ms(void *context) {
    (void)context;
    return clock_now_ms();
}

/*
 * The board has no random numbers. The nonce must tell boots apart: the stored state (it holds the
 * boot counter) does that while the store lives, the key tells devices apart, and the jitter of the
 * emulator's clock against its instructions tells a wiped device from a new one. With QEMU's
 * -icount there is no jitter, and a wiped device repeats its nonces.
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
    for (unsigned i = 0; i < CHANCE_SAMPLES; i++) {
        uint8_t ticks[4];
        le_store_u32(ticks, clock_ticks());
        sha256_update(&sha, ticks, sizeof ticks);
    }
    sha256_final(&sha, digest);
    return le_load_u32(digest);
}

/* Without its pages a device has no name to report under: it says on the sensor line what is wrong,
 * for whoever flashes it. */
static _Noreturn void complain(const char *page, enum page_status status) {
    const char *parts[] = {"fqt-device: ", page, " ", page_status_text(status), "\r\n"};
    uint64_t next_ms = 0;
    for (;;) {
        if (clock_now_ms() >= next_ms) {
            next_ms = clock_now_ms() + COMPLAIN_EVERY_MS;
            for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
                const uint8_t *text = (const uint8_t *)parts[i];
                for (size_t sent = 0; sent < strlen(parts[i]);) {
                    sent += uart_write(UART_SENSOR, text + sent, strlen(parts[i]) - sent);
                }
            }
        }
        watchdog_alive();
        uart_wait();
    }
}

int main(void) {
    board_memory_limit();
    clock_init(board_clock_init());
    uart_init();
    watchdog_init(WATCHDOG_PERIOD_MS);
    struct flash flash[AGENT_RECORDS];
    board_flash(flash);
    const struct agent_store store =
        flash_store_open(&flash_store, flash, MODEL_PAGE, BOARD_PAGE_BYTES);
    const struct agent_setup setup = {
        .provisioning_page = PROVISIONING_PAGE,
        .provisioning_length = BOARD_PAGE_BYTES,
        .model_page = MODEL_PAGE,
        .model_length = BOARD_PAGE_BYTES,
        .boot_nonce = boot_nonce(&store),
        .store = store,
        .now_ms = clock_now_ms(),
    };
    const struct device_board board = {NULL,        network_read, network_write,
                                       sensor_read, sensor_write, now_ms};
    const char *bad_page;
    const enum page_status status = device_init(&device, &board, &setup, &bad_page);
    if (status != PAGE_OK) {
        complain(bad_page, status);
    }
    for (;;) {
        watchdog_alive();
        if (device_step(&device)) {
            uart_wait();
        }
    }
}
