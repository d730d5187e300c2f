/*
 * JNI entry points of io.fqtfleet.sim.device.NativeAgent. The handle is the address of one struct
 * host_agent; the Java side serialises calls per handle and never passes one after close.
 */
#include <jni.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/agent.h"

#define JNI(result, name) JNIEXPORT result JNICALL Java_io_fqtfleet_sim_device_NativeAgent_##name

/* One device; what depends on its model is allocated beside it. */
struct host_agent {
    struct agent agent;
    struct fqt_model_spec spec;
    struct fqt_plan plan;
    struct model model;
    void *arena;
    uint8_t *model_page;
    size_t good_length;
    uint8_t *good; /* a record: 8 bytes and a page */
    uint8_t provisioning_page[PROVISIONING_PAGE_MAX];
};

JNI(jlong, nativeOpen)(JNIEnv *, jclass, jbyteArray, jbyteArray, jint, jint);
JNI(void, nativeClose)(JNIEnv *, jclass, jlong);
JNI(void, nativeWindows)(JNIEnv *, jclass, jlong, jshortArray, jbyteArray, jlong, jint);
JNI(jbyteArray, nativeReport)(JNIEnv *, jclass, jlong, jlong);
JNI(jboolean, nativeReportDue)(JNIEnv *, jclass, jlong, jlong);
JNI(jbyteArray, nativeStatus)(JNIEnv *, jclass, jlong, jboolean);
JNI(jbyteArray, nativeBudget)(JNIEnv *, jclass, jlong, jbyteArray, jbyteArray, jlong);
JNI(jbyteArray, nativeOversize)(JNIEnv *, jclass, jlong, jlong);
JNI(jbyteArray, nativeExportModel)(JNIEnv *, jclass, jlong);
JNI(jlong, nativeWeightsHash)(JNIEnv *, jclass, jlong);
JNI(jlongArray, nativeCounters)(JNIEnv *, jclass, jlong);

static struct host_agent *host_of(jlong handle) {
    return (struct host_agent *)(uintptr_t)handle;
}

static void throw(JNIEnv * env, const char *type, const char *message) {
    const jclass class = (*env)->FindClass(env, type);
    if (class != NULL) {
        (*env)->ThrowNew(env, class, message);
    }
}

static jbyteArray bytes_of(JNIEnv *env, const uint8_t *bytes, size_t length) {
    if (length == 0) {
        throw(env, "java/lang/IllegalStateException", "the agent's message did not fit its buffer");
        return NULL;
    }
    const jbyteArray array = (*env)->NewByteArray(env, (jsize)length);
    if (array != NULL) {
        (*env)->SetByteArrayRegion(env, array, 0, (jsize)length, (const jbyte *)bytes);
    }
    return array;
}

/* A simulated device keeps nothing over a reboot but, within one life, its last good weights. */
static bool host_save(void *context, enum agent_record record, const struct store_piece *pieces,
                      size_t count) {
    struct host_agent *host = context;
    if (record == AGENT_GOOD) {
        host->good_length = 0;
        for (size_t i = 0; i < count; i++) {
            memcpy(host->good + host->good_length, pieces[i].bytes, pieces[i].length);
            host->good_length += pieces[i].length;
        }
    }
    return true;
}

static const uint8_t *host_view(const void *context, enum agent_record record, size_t *length) {
    const struct host_agent *host = context;
    *length = host->good_length;
    return record == AGENT_GOOD && host->good_length > 0 ? host->good : NULL;
}

/* Length of the copy; a page that is too long is cut and then fails its own length check. */
static size_t copy_page(JNIEnv *env, jbyteArray page, uint8_t *out, size_t cap) {
    const jsize length = (*env)->GetArrayLength(env, page);
    const jsize copied = (size_t)length < cap ? length : (jsize)cap;
    (*env)->GetByteArrayRegion(env, page, 0, copied, (jbyte *)out);
    return (size_t)copied;
}

static void throw_page(JNIEnv *env, const char *page, enum page_status status) {
    char message[240];
    snprintf(message, sizeof message, "%s %s", page, page_status_text(status));
    throw(env, "java/lang/IllegalArgumentException", message);
}

static void free_host(struct host_agent *host) {
    if (host != NULL) {
        free(host->arena);
        free(host->model_page);
        free(host->good);
        free(host);
    }
}

static bool no_memory(JNIEnv *env) {
    throw(env, "java/lang/OutOfMemoryError", "no native memory for one more device");
    return false;
}

/* The page says what model this device has; false: an exception is pending. */
static bool plan_model(JNIEnv *env, struct host_agent *host, size_t model_length) {
    struct fqt_problem problem;
    const enum page_status status = model_spec(host->model_page, model_length, &host->spec);
    if (status != PAGE_OK) {
        throw_page(env, "model page", status);
        return false;
    }
    host->spec.name = "model page";
    host->model = (struct model){&host->spec, &host->plan};
    if (!fqt_plan(&host->spec, &host->plan, &problem)) {
        char text[200];
        char message[240];
        fqt_problem_text(&host->spec, &problem, text, sizeof text);
        snprintf(message, sizeof message, "model page: %s", text);
        throw(env, "java/lang/IllegalArgumentException", message);
        return false;
    }
    host->arena = aligned_alloc(FQT_ARENA_ALIGN, host->plan.arena_bytes);
    host->good = malloc(8u + model_trained_length(&host->model));
    return (host->arena != NULL && host->good != NULL) || no_memory(env);
}

static bool start_agent(JNIEnv *env, struct host_agent *host, jbyteArray provisioning,
                        size_t model_length, jint boot_counter, jint boot_nonce) {
    const struct agent_setup setup = {
        .provisioning_page = host->provisioning_page,
        .provisioning_length =
            copy_page(env, provisioning, host->provisioning_page, sizeof host->provisioning_page),
        .model = host->model,
        .arena = host->arena,
        .model_page = host->model_page,
        .model_length = model_length,
        .boot_counter = (uint32_t)boot_counter,
        .boot_nonce = (uint32_t)boot_nonce,
        .store = {host, host_save, host_view},
    };
    const char *bad_page;
    const enum page_status status = agent_init(&host->agent, &setup, &bad_page);
    if (status != PAGE_OK) {
        throw_page(env, bad_page, status);
    }
    return status == PAGE_OK;
}

JNI(jlong, nativeOpen)
(JNIEnv *env, jclass class, jbyteArray provisioning, jbyteArray model, jint boot_counter,
 jint boot_nonce) {
    (void)class;
    struct host_agent *host = calloc(1, sizeof *host);
    const size_t length = (size_t)(*env)->GetArrayLength(env, model);
    if (host == NULL || (host->model_page = malloc(length + 1u)) == NULL) {
        free_host(host);
        (void)no_memory(env);
        return 0;
    }
    const size_t model_length = copy_page(env, model, host->model_page, length);
    if (!plan_model(env, host, model_length) ||
        !start_agent(env, host, provisioning, model_length, boot_counter, boot_nonce)) {
        free_host(host);
        return 0;
    }
    return (jlong)(uintptr_t)host;
}

JNI(void, nativeClose)(JNIEnv *env, jclass class, jlong handle) {
    (void)env;
    (void)class;
    free_host(host_of(handle));
}

/* All labels are looked at before the first window counts, so that a refused batch leaves no trace.
 */
static bool labels_are_legal(JNIEnv *env, const struct host_agent *host, jbyteArray labels) {
    const int classes = host->plan.classes;
    const jsize count = (*env)->GetArrayLength(env, labels);
    for (jsize i = 0; i < count; i++) {
        jbyte label;
        (*env)->GetByteArrayRegion(env, labels, i, 1, &label);
        if (label < FQT_NO_LABEL || label >= classes) {
            char message[120];
            snprintf(message, sizeof message,
                     "window %d: label %d is not -1 (none) or 0..%d, the classes of this model",
                     (int)i, (int)label, classes - 1);
            throw(env, "java/lang/IllegalArgumentException", message);
            return false;
        }
    }
    return true;
}

JNI(void, nativeWindows)
(JNIEnv *env, jclass class, jlong handle, jshortArray samples, jbyteArray labels, jlong first_ms,
 jint step_ms) {
    (void)class;
    struct host_agent *host = host_of(handle);
    if (!labels_are_legal(env, host, labels)) {
        return;
    }
    const jsize count = (*env)->GetArrayLength(env, labels);
    for (jsize i = 0; i < count; i++) {
        jshort window[FQT_WINDOW];
        jbyte label;
        (*env)->GetShortArrayRegion(env, samples, i * FQT_WINDOW, FQT_WINDOW, window);
        (*env)->GetByteArrayRegion(env, labels, i, 1, &label);
        const uint64_t now_ms = (uint64_t)(first_ms + (jlong)i * step_ms);
        if ((*env)->ExceptionCheck(env)) {
            return;
        }
        if (agent_window(&host->agent, window, label, now_ms) != FQT_OK) {
            throw(env, "java/lang/IllegalStateException",
                  "the model does not read windows of 512 samples");
            return;
        }
    }
}

JNI(jbyteArray, nativeReport)(JNIEnv *env, jclass class, jlong handle, jlong now_ms) {
    (void)class;
    uint8_t out[FQT_TRAINING_REPORT_BYTES_MAX];
    const size_t length = agent_report(&host_of(handle)->agent, (uint64_t)now_ms, out, sizeof out);
    return bytes_of(env, out, length);
}

JNI(jboolean, nativeReportDue)(JNIEnv *env, jclass class, jlong handle, jlong now_ms) {
    (void)env;
    (void)class;
    return agent_report_due(&host_of(handle)->agent, (uint64_t)now_ms) ? JNI_TRUE : JNI_FALSE;
}

JNI(jbyteArray, nativeStatus)(JNIEnv *env, jclass class, jlong handle, jboolean online) {
    (void)class;
    uint8_t out[FQT_DEVICE_STATUS_BYTES_MAX];
    const size_t length =
        agent_status(&host_of(handle)->agent, online == JNI_TRUE, out, sizeof out);
    return bytes_of(env, out, length);
}

JNI(jbyteArray, nativeBudget)
(JNIEnv *env, jclass class, jlong handle, jbyteArray topic, jbyteArray payload, jlong now_ms) {
    (void)class;
    uint8_t ack[FQT_BUDGET_ACK_BYTES_MAX];
    const jsize topic_length = (*env)->GetArrayLength(env, topic);
    const jsize length = (*env)->GetArrayLength(env, payload);
    jbyte *topic_bytes = (*env)->GetByteArrayElements(env, topic, NULL);
    jbyte *bytes = (*env)->GetByteArrayElements(env, payload, NULL);
    jbyteArray answer = NULL;
    if (topic_bytes != NULL && bytes != NULL) {
        const size_t ack_length =
            agent_budget(&host_of(handle)->agent, (const char *)topic_bytes, (size_t)topic_length,
                         (const uint8_t *)bytes, (size_t)length, (uint64_t)now_ms, ack, sizeof ack);
        answer = bytes_of(env, ack, ack_length);
    }
    if (topic_bytes != NULL) {
        (*env)->ReleaseByteArrayElements(env, topic, topic_bytes, JNI_ABORT);
    }
    if (bytes != NULL) {
        (*env)->ReleaseByteArrayElements(env, payload, bytes, JNI_ABORT);
    }
    return answer;
}

JNI(jbyteArray, nativeOversize)(JNIEnv *env, jclass class, jlong handle, jlong now_ms) {
    (void)class;
    uint8_t ack[FQT_BUDGET_ACK_BYTES_MAX];
    const size_t length =
        agent_budget_oversize(&host_of(handle)->agent, (uint64_t)now_ms, ack, sizeof ack);
    return bytes_of(env, ack, length);
}

JNI(jbyteArray, nativeExportModel)(JNIEnv *env, jclass class, jlong handle) {
    (void)class;
    const struct host_agent *host = host_of(handle);
    const size_t cap = model_trained_length(&host->model);
    uint8_t *out = malloc(cap);
    if (out == NULL) {
        (void)no_memory(env);
        return NULL;
    }
    const jbyteArray page = bytes_of(env, out, agent_export_model(&host->agent, out, cap));
    free(out);
    return page;
}

JNI(jlong, nativeWeightsHash)(JNIEnv *env, jclass class, jlong handle) {
    (void)env;
    (void)class;
    return (jlong)agent_weights_hash(&host_of(handle)->agent);
}

/* In the order of NativeAgent.Counters. */
JNI(jlongArray, nativeCounters)(JNIEnv *env, jclass class, jlong handle) {
    (void)class;
    const struct agent *agent = &host_of(handle)->agent;
    const struct fqt_counters *counters = &agent->learner.counters;
    const jlong values[] = {
        (jlong)counters->samples,      (jlong)counters->labelled,     (jlong)counters->correct,
        (jlong)counters->trained,      (jlong)counters->mac_forward,  (jlong)counters->mac_backward,
        (jlong)agent->throttled,       (jlong)agent->energy.level_pj, (jlong)agent->duty.version,
        (jlong)agent->report_sequence,
    };
    const jsize count = (jsize)(sizeof values / sizeof values[0]);
    const jlongArray array = (*env)->NewLongArray(env, count);
    if (array != NULL) {
        (*env)->SetLongArrayRegion(env, array, 0, count, values);
    }
    return array;
}
