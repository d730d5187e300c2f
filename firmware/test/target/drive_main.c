/*
 * Drives the shipped image in QEMU from outside, on the host: plays broker on the network line and
 * sensor on the other, cuts the power in the middle, and reads the log.
 *
 *   drive MACHINE MEMORY_MB PAGES_ADDRESS ELF WORK_PREFIX STACK_BUDGET
 *
 * MEMORY_MB: size of the RAM that QEMU backs with a file and that stands for the flash of the
 * store; 0: the board's flash is not modelled, so nothing survives and budgets are refused. Files
 * are made at WORK_PREFIX.*. Exit code 0 when everything was seen.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/sensor_link.h"
#include "mqtt/mqtt_bytes.h"
#include "test/unit/agent_fixture.h"
#include "test/unit/expect.h"
#include "wire/crc.h"
#include "wire/le.h"

#define WINDOWS        48u
#define DEADLINE_MS    60000
#define POLL_MS        20
#define PACKET_MAX     4096u
#define PAGE_BYTES     0x10000u
#define REPORT_MS      1000
#define LOG_BYTES_MAX  65536u
#define STACK_LOG_WAIT 2500 /* the device looks at its stack every 2 s */

struct line {
    int listener;
    int port;
    int peer; /* -1: not connected */
};

static struct line network, sensor;
static uint8_t packet[PACKET_MAX]; /* what has come of one, header included */
static size_t packet_length;
static struct cobs_decoder credits;
static uint8_t credit_frame[64];
static uint16_t next_window, credit_end;
static unsigned births, reports, acks;
static fqt_device_status status;
static fqt_training_report report;
static fqt_budget_ack ack;

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

static void die(const char *what) {
    fprintf(stderr, "drive: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void listen_on(struct line *line) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    line->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    line->peer = -1;
    if (line->listener < 0 ||
        bind(line->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(line->listener, 1) != 0 ||
        getsockname(line->listener, (struct sockaddr *)&address, &length) != 0) {
        die("cannot listen on 127.0.0.1");
    }
    line->port = ntohs(address.sin_port);
}

static void send_all(struct line *line, const uint8_t *bytes, size_t length) {
    for (size_t sent = 0; line->peer >= 0 && sent < length;) {
        const ssize_t n = send(line->peer, bytes + sent, length - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            return; /* the device is gone: what waits for it will miss it */
        }
        sent += (size_t)n;
    }
}

/* ---- broker ---- */

/* topic length u16 | topic | packet id u16 | payload */
static void answer_publish(const uint8_t *body, size_t length) {
    const size_t topic_length = (size_t)(body[0] << 8 | body[1]);
    const uint8_t *kind = body + 2 + topic_length - 6;
    const uint8_t *id = body + 2 + topic_length;
    const uint8_t *payload = id + 2;
    const size_t payload_length = length - topic_length - 4;
    if (memcmp(kind, "status", 6) == 0) {
        births++;
        EXPECT_EQ(fqt_device_status_decode(payload, payload_length, &status), FQT_WIRE_OK);
    } else if (memcmp(kind, "report", 6) == 0) {
        reports++;
        EXPECT_EQ(fqt_training_report_decode(payload, payload_length, &report), FQT_WIRE_OK);
    } else {
        acks++;
        EXPECT_EQ(fqt_budget_ack_decode(payload, payload_length, &ack), FQT_WIRE_OK);
    }
    send_all(&network, (const uint8_t[]){0x40, 2, id[0], id[1]}, 4);
}

static void answer(const uint8_t *body, size_t length) {
    switch (packet[0] >> 4) {
    case MQTT_CONNECT:
        send_all(&network, (const uint8_t[]){0x20, 2, 0, 0}, 4);
        break;
    case MQTT_SUBSCRIBE:
        send_all(&network, (const uint8_t[]){0x90, 3, body[0], body[1], 1}, 5);
        break;
    case MQTT_PINGREQ:
        send_all(&network, (const uint8_t[]){0xD0, 0}, 2);
        break;
    case MQTT_PUBLISH:
        answer_publish(body, length);
        break;
    default: /* PUBACK, and what ends a connection that was open before this boot */
        break;
    }
}

static void send_budget(int64_t version) {
    static uint8_t out[PACKET_MAX];
    uint8_t payload[1024];
    const char *topic = "fqt/v1/down/48/" FIXTURE_DEVICE "/budget";
    fqt_update_budget budget = fixture_budget(version);
    budget.terms.report_interval_ms = REPORT_MS;
    const struct mqtt_message message = {.topic = topic,
                                         .topic_length = (uint16_t)strlen(topic),
                                         .packet_id = (uint16_t)version,
                                         .payload = payload,
                                         .payload_length =
                                             fixture_sign(topic, &budget, payload, sizeof payload)};
    send_all(&network, out, mqtt_write_publish(out, sizeof out, &message));
}

/* ---- sensor ---- */

static void take_credit(void) {
    if (credits.length == SENSOR_CREDIT_BYTES && credit_frame[0] == SENSOR_TYPE_CREDIT &&
        crc16_ccitt_false(credit_frame, 4) == le_load_u16(credit_frame + 4)) {
        next_window = le_load_u16(credit_frame + 1);
        credit_end = (uint16_t)(next_window + credit_frame[3]);
    }
}

static void send_window(uint16_t number) {
    int16_t samples[FQT_WINDOW];
    uint8_t frame[SENSOR_WINDOW_BYTES];
    uint8_t coded[COBS_ENCODED_MAX(SENSOR_WINDOW_BYTES)];
    frame[0] = SENSOR_TYPE_WINDOW;
    le_store_u16(frame + 1, number);
    frame[3] = (uint8_t)fixture_window(number, samples);
    for (unsigned i = 0; i < FQT_WINDOW; i++) {
        le_store_u16(frame + 4 + 2 * i, (uint16_t)samples[i]);
    }
    le_store_u16(frame + sizeof frame - 2, crc16_ccitt_false(frame, sizeof frame - 2));
    send_all(&sensor, coded, cobs_encode(frame, sizeof frame, coded, sizeof coded));
}

static void feed_sensor(void) {
    static uint16_t sent;
    if (next_window == 0 && sent > WINDOWS) {
        sent = 0; /* the device has started again */
    }
    sent = sent < next_window ? next_window : sent;
    while (sent < credit_end && sent < WINDOWS) {
        send_window(sent++);
    }
}

/* ---- both lines ---- */

static void take(struct line *line, void (*byte)(uint8_t)) {
    uint8_t bytes[2048];
    const ssize_t n = recv(line->peer, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0) {
        close(line->peer);
        line->peer = -1;
    }
    for (ssize_t i = 0; i < n; i++) {
        byte(bytes[i]);
    }
}

/* Remaining length in one or two bytes: the device's packets are below 16 KB. */
static void network_byte(uint8_t byte) {
    packet[packet_length++] = byte;
    if (packet_length < 2 || (packet_length == 2 && (byte & 0x80))) {
        return;
    }
    const size_t header = packet[1] & 0x80 ? 3 : 2;
    const size_t remaining = header == 2 ? packet[1] : (packet[1] & 0x7Fu) | (size_t)packet[2] << 7;
    if (header + remaining > sizeof packet) {
        EXPECT(false, "a packet of %zu bytes", remaining);
        packet_length = 0;
    } else if (packet_length == header + remaining) {
        answer(packet + header, remaining);
        packet_length = 0;
    }
}

static void sensor_byte(uint8_t byte) {
    if (cobs_decoder_push(&credits, byte) == COBS_FRAME) {
        take_credit();
    }
}

static void serve(void) {
    struct line *lines[] = {&network, &sensor};
    void (*const byte_of[])(uint8_t) = {network_byte, sensor_byte};
    struct pollfd fds[2];
    for (unsigned i = 0; i < 2; i++) {
        fds[i].fd = lines[i]->peer >= 0 ? lines[i]->peer : lines[i]->listener;
        fds[i].events = POLLIN;
    }
    (void)poll(fds, 2, POLL_MS);
    for (unsigned i = 0; i < 2; i++) {
        if (!(fds[i].revents & (POLLIN | POLLHUP))) {
            continue;
        }
        if (lines[i]->peer >= 0) {
            take(lines[i], byte_of[i]);
        } else {
            lines[i]->peer = accept(lines[i]->listener, NULL, NULL);
        }
    }
    feed_sensor();
}

/* True when it became so before the deadline. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        const long deadline = now_ms() + DEADLINE_MS;                                              \
        while (!(condition) && now_ms() < deadline) {                                              \
            serve();                                                                               \
        }                                                                                          \
        EXPECT(condition, "not seen within %d ms", DEADLINE_MS);                                   \
    } while (0)

/* ---- QEMU ---- */

struct board {
    const char *machine;
    unsigned memory_mb;
    unsigned long pages;
    const char *elf;
    const char *prefix;
};

#define ARGUMENTS_MAX 40
static char text[ARGUMENTS_MAX][512];

static pid_t start(const struct board *board) {
    const char *argv[ARGUMENTS_MAX + 1] = {"qemu-system-arm", "-M"};
    unsigned n = 2, t = 0;
    const bool survives = board->memory_mb > 0;
#define ARGUMENT(...) (snprintf(text[t], sizeof text[0], __VA_ARGS__), argv[n++] = text[t++])
    ARGUMENT("%s%s", board->machine, survives ? ",memory-backend=nv" : "");
    if (survives) {
        ARGUMENT("-object");
        ARGUMENT("memory-backend-file,id=nv,size=%uM,mem-path=%s.nv,share=on", board->memory_mb,
                 board->prefix);
    }
    ARGUMENT("-nodefaults");
    ARGUMENT("-display");
    ARGUMENT("none");
    ARGUMENT("-monitor");
    ARGUMENT("none");
    const int ports[] = {network.port, sensor.port};
    for (unsigned i = 0; i < 2; i++) {
        ARGUMENT("-chardev");
        ARGUMENT("socket,id=u%u,host=127.0.0.1,port=%d,nodelay=on", i, ports[i]);
        ARGUMENT("-serial");
        ARGUMENT("chardev:u%u", i);
    }
    ARGUMENT("-chardev");
    ARGUMENT("file,id=log,path=%s.log,append=on", board->prefix);
    ARGUMENT("-serial");
    ARGUMENT("chardev:log");
    const char *pages[] = {"provisioning", "model"};
    for (unsigned i = 0; i < 2; i++) {
        ARGUMENT("-device");
        ARGUMENT("loader,file=%s.%s,addr=0x%lx,force-raw=on", board->prefix, pages[i],
                 board->pages + i * PAGE_BYTES);
    }
    ARGUMENT("-kernel");
    ARGUMENT("%s", board->elf);
    packet_length = 0;
    cobs_decoder_init(&credits, credit_frame, sizeof credit_frame);
    next_window = credit_end = 0;
    births = reports = acks = 0;
    const pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with this program, however that ends */
        const int nowhere = open("/dev/null", O_RDWR);
        (void)dup2(nowhere, 0);
        (void)dup2(nowhere, 2); /* a warning about an Ethernet chip without a peer */
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (child < 0) {
        die("fork");
    }
    return child;
}

/* SIGKILL: what was being written stays as it is. */
static void cut_power(pid_t qemu) {
    int how;
    kill(qemu, SIGKILL);
    (void)waitpid(qemu, &how, 0);
    EXPECT(WIFSIGNALED(how), "QEMU had ended by itself");
    struct line *lines[] = {&network, &sensor};
    for (unsigned i = 0; i < 2; i++) {
        if (lines[i]->peer >= 0) {
            close(lines[i]->peer);
            lines[i]->peer = -1;
        }
    }
}

static void write_file(const char *prefix, const char *suffix, const uint8_t *bytes,
                       size_t length) {
    char path[512];
    snprintf(path, sizeof path, "%s.%s", prefix, suffix);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
        die(path);
    }
}

static void write_pages(const char *prefix) {
    static uint8_t page[FIXTURE_MODEL_PAGE_MAX];
    char path[512];
    fqt_budget_terms terms = fixture_terms();
    terms.report_interval_ms = REPORT_MS;
    write_file(prefix, "provisioning", page, fixture_provisioning_page(page, &terms));
    write_file(prefix, "model", page, fixture_model_page(page, 11));
    write_file(prefix, "log", page, 0);
    snprintf(path, sizeof path, "%s.nv", prefix);
    (void)unlink(path);
}

/* The deepest stack in the log, 0 when there is no such line. */
static unsigned deepest_stack(const char *prefix) {
    static char log[LOG_BYTES_MAX];
    char path[512];
    unsigned deepest = 0;
    snprintf(path, sizeof path, "%s.log", prefix);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        die(path);
    }
    log[fread(log, 1, sizeof log - 1, file)] = '\0';
    fclose(file);
    for (const char *at = log; (at = strstr(at, "stack ")) != NULL; at++) {
        const unsigned used = (unsigned)strtoul(at + 6, NULL, 10);
        deepest = used > deepest ? used : deepest;
    }
    EXPECT(strstr(log, "stopped by") == NULL, "the device was stopped: %s", log);
    return deepest;
}

/* ---- the run ---- */

static void trains_and_obeys(bool survives) {
    AWAIT(births == 1);
    EXPECT(strcmp(status.device, FIXTURE_DEVICE) == 0, "device '%s'", status.device);
    EXPECT_EQ(status.boot_counter, 1);
    AWAIT(report.samples_seen == WINDOWS);
    EXPECT(report.samples_trained > 0 && report.layers[0].update_steps > 0,
           "%lld windows were trained on", (long long)report.samples_trained);
    send_budget(1);
    AWAIT(acks == 1);
    EXPECT_EQ(ack.outcome, survives ? FQT_ACK_OUTCOME_APPLIED : FQT_ACK_OUTCOME_REFUSED);
}

static void comes_back(bool survives) {
    AWAIT(births == 1);
    EXPECT_EQ(status.boot_counter, survives ? 2 : 1);
    EXPECT_EQ(status.budget_version, survives ? 1 : 0);
    const unsigned before = reports;
    AWAIT(reports > before);
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr,
                "usage: drive MACHINE MEMORY_MB PAGES_ADDRESS ELF WORK_PREFIX STACK_BUDGET\n");
        return 2;
    }
    const struct board board = {argv[1], (unsigned)strtoul(argv[2], NULL, 10),
                                strtoul(argv[3], NULL, 0), argv[4], argv[5]};
    const unsigned budget = (unsigned)strtoul(argv[6], NULL, 10);
    const bool survives = board.memory_mb > 0;
    listen_on(&network);
    listen_on(&sensor);
    write_pages(board.prefix);
    pid_t qemu = start(&board);
    trains_and_obeys(survives);
    const long until = now_ms() + STACK_LOG_WAIT;
    while (now_ms() < until) {
        serve();
    }
    cut_power(qemu);
    qemu = start(&board);
    comes_back(survives);
    cut_power(qemu);
    const unsigned deepest = deepest_stack(board.prefix);
    EXPECT(deepest > 0 && deepest <= budget, "the stack was %u bytes deep, budget %u", deepest,
           budget);
    printf("device: the stack was %u bytes deep, budget %u\n", deepest, budget);
    return expect_summary("device");
}
