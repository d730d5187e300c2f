/*
 * JNI entry points of io.fqtfleet.sim.model.NativeLearner: a model that is trained on the host, in
 * floating point or as on the device. The handle is the address of one struct host_learner; the
 * Java side checks lengths and indices and serialises calls per handle.
 */
#include <jni.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core2/features.h"
#include "reference/reference.h"

#define JNI(result, name) JNIEXPORT result JNICALL Java_io_fqtfleet_sim_model_NativeLearner_##name

/* Fields of a description as integers; ModelDescription.toSpec writes them. */
enum {
    SPEC_INPUT,
    SPEC_FROZEN,
    SPEC_BATCH,
    SPEC_H,
    SPEC_W,
    SPEC_C,
    SPEC_SCALE_BITS,
    SPEC_ZERO,
    SPEC_LAYERS,
    SPEC_HEAD
};
#define SPEC_PER_LAYER 9

#define FLOATING 2 /* Arithmetic.FLOAT; 0 and 1 are enum fqt_mode */

#define WINDOW_SHIFT 6
#define WINDOW_ZERO  128

struct host_learner {
    struct fqt_model_spec spec;
    int arithmetic;
    float input_scale;
    int input_zero;
    struct reference *net; /* floating point only */
    ref_real *x;
};

JNI(jlong, nativeOpen)(JNIEnv *, jclass, jintArray, jint, jlong);
JNI(void, nativeClose)(JNIEnv *, jclass, jlong);
JNI(void, nativeCodes)(JNIEnv *, jclass, jint, jshortArray, jint, jobject, jint);
JNI(jdouble, nativeTrain)(JNIEnv *, jclass, jlong, jobject, jintArray, jbyteArray, jfloatArray);
JNI(void, nativePredict)(JNIEnv *, jclass, jlong, jobject, jintArray, jbyteArray);
JNI(jfloatArray, nativeWeights)(JNIEnv *, jclass, jlong);
JNI(void, nativeSetWeights)(JNIEnv *, jclass, jlong, jfloatArray);

static struct host_learner *host_of(jlong handle) {
    return (struct host_learner *)(uintptr_t)handle;
}

static void throw(JNIEnv * env, const char *type, const char *message) {
    const jclass class = (*env)->FindClass(env, type);
    if (class != NULL) {
        (*env)->ThrowNew(env, class, message);
    }
}

static void read_spec(const jint *value, struct fqt_model_spec *spec) {
    const uint32_t bits = (uint32_t)value[SPEC_SCALE_BITS];
    spec->name = "";
    spec->input = (uint8_t)value[SPEC_INPUT];
    spec->frozen = (uint8_t)value[SPEC_FROZEN];
    spec->batch_max = (uint16_t)value[SPEC_BATCH];
    spec->in_h = (uint16_t)value[SPEC_H];
    spec->in_w = (uint16_t)value[SPEC_W];
    spec->in_c = (uint16_t)value[SPEC_C];
    memcpy(&spec->input_scale, &bits, sizeof bits);
    spec->input_zero = (uint8_t)value[SPEC_ZERO];
    spec->layer_count = (uint8_t)value[SPEC_LAYERS];
    for (uint32_t l = 0; l < spec->layer_count; l++) {
        const jint *v = value + SPEC_HEAD + l * SPEC_PER_LAYER;
        spec->layers[l] = (struct fqt_layer_spec){
            .kind = (uint8_t)v[0],
            .relu = v[1] != 0,
            .out_channels = (uint16_t)v[2],
            .kernel_h = (uint8_t)v[3],
            .kernel_w = (uint8_t)v[4],
            .stride_h = (uint8_t)v[5],
            .stride_w = (uint8_t)v[6],
            .pad_h = (uint8_t)v[7],
            .pad_w = (uint8_t)v[8],
        };
    }
}

static void name_input(struct host_learner *host) {
    const struct fqt_model_spec *spec = &host->spec;
    host->input_scale = spec->input == FQT_INPUT_SPECTRA  ? FQT_FEATURE_SCALE
                        : spec->input == FQT_INPUT_WINDOW ? 1.0f / (float)(1 << WINDOW_SHIFT)
                                                          : spec->input_scale;
    host->input_zero = spec->input == FQT_INPUT_SPECTRA  ? FQT_FEATURE_ZERO
                       : spec->input == FQT_INPUT_WINDOW ? WINDOW_ZERO
                                                         : spec->input_zero;
}

static void close_host(struct host_learner *host) {
    reference_free(host->net);
    free(host->x);
    free(host);
}

JNI(jlong, nativeOpen)
(JNIEnv *env, jclass class, jintArray fields, jint arithmetic, jlong seed) {
    (void)class;
    struct host_learner *host = calloc(1, sizeof *host);
    jint value[SPEC_HEAD + SPEC_PER_LAYER * FQT_STEPS_MAX];
    (*env)->GetIntArrayRegion(env, fields, 0, (*env)->GetArrayLength(env, fields), value);
    if (host == NULL || (*env)->ExceptionCheck(env)) {
        free(host);
        return 0;
    }
    read_spec(value, &host->spec);
    name_input(host);
    host->arithmetic = arithmetic;
    host->net = reference_open(&host->spec, (uint64_t)seed);
    host->x = host->net == NULL ? NULL : calloc(host->net->inputs, sizeof *host->x);
    if (host->x == NULL) {
        close_host(host);
        throw(env, "java/lang/OutOfMemoryError", "no native memory for one more model");
        return 0;
    }
    return (jlong)(uintptr_t)host;
}

JNI(void, nativeClose)(JNIEnv *env, jclass class, jlong handle) {
    (void)env;
    (void)class;
    close_host(host_of(handle));
}

/* 64 counts per code, so that 8 bits reach +-2 g at 4096 counts per g; beyond it saturates. */
static uint8_t window_code(int16_t sample) {
    const int code = WINDOW_ZERO + ((sample + (1 << (WINDOW_SHIFT - 1))) >> WINDOW_SHIFT);
    return (uint8_t)(code < 0 ? 0 : code > 255 ? 255 : code);
}

JNI(void, nativeCodes)
(JNIEnv *env, jclass class, jint input, jshortArray samples, jint count, jobject out, jint offset) {
    (void)class;
    uint8_t *codes = (uint8_t *)(*env)->GetDirectBufferAddress(env, out) + offset;
    const jsize length = (*env)->GetArrayLength(env, samples);
    jshort *window = (*env)->GetShortArrayElements(env, samples, NULL);
    if (window == NULL) {
        return;
    }
    if (input == FQT_INPUT_SPECTRA) {
        struct fqt_feature_work work;
        for (jint i = 0; i < count; i++) {
            fqt_features_s16(&work, window + (size_t)i * FQT_WINDOW,
                             codes + (size_t)i * FQT_FEATURES_MAX);
        }
    } else {
        for (jsize i = 0; i < length; i++) {
            codes[i] = window_code(window[i]);
        }
    }
    (*env)->ReleaseShortArrayElements(env, samples, window, JNI_ABORT);
}

static const ref_real *real_input(struct host_learner *host, const uint8_t *codes, jint sample) {
    const uint32_t n = host->net->inputs;
    const uint8_t *code = codes + (size_t)sample * n;
    for (uint32_t i = 0; i < n; i++) {
        host->x[i] = host->input_scale * (ref_real)(code[i] - host->input_zero);
    }
    return host->x;
}

/* What one call trains with; NativeLearner.Step writes it. */
enum { STEP_BATCH, STEP_RATE, STEP_DECAY, STEP_ADAM, STEP_FIRST, STEP_FIELDS };

static double train_floating(struct host_learner *host, const uint8_t *codes, const jint *order,
                             const jbyte *labels, jsize count, const jfloat *step) {
    const struct ref_adam adam = {.rate = step[STEP_RATE], .decay = step[STEP_DECAY]};
    double loss = 0;
    host->net->first_trainable = (uint32_t)step[STEP_FIRST];
    for (jsize i = 0; i < count; i++) {
        loss += (double)reference_learn(host->net, real_input(host, codes, order[i]),
                                        (uint32_t)labels[i]);
        if (host->net->batch < (uint32_t)step[STEP_BATCH] && i + 1 < count) {
            continue;
        }
        if (step[STEP_ADAM] > 0.0f) {
            reference_adam(host->net, &adam);
        } else {
            reference_step(host->net, adam.rate);
        }
    }
    return loss / (count > 0 ? count : 1);
}

JNI(jdouble, nativeTrain)
(JNIEnv *env, jclass class, jlong handle, jobject samples, jintArray order, jbyteArray labels,
 jfloatArray settings) {
    (void)class;
    struct host_learner *host = host_of(handle);
    const uint8_t *codes = (*env)->GetDirectBufferAddress(env, samples);
    const jsize count = (*env)->GetArrayLength(env, order);
    jfloat step[STEP_FIELDS];
    (*env)->GetFloatArrayRegion(env, settings, 0, STEP_FIELDS, step);
    jint *index = (*env)->GetIntArrayElements(env, order, NULL);
    jbyte *label = (*env)->GetByteArrayElements(env, labels, NULL);
    double loss = 0;
    if (index != NULL && label != NULL) {
        loss = train_floating(host, codes, index, label, count, step);
    }
    if (index != NULL) {
        (*env)->ReleaseIntArrayElements(env, order, index, JNI_ABORT);
    }
    if (label != NULL) {
        (*env)->ReleaseByteArrayElements(env, labels, label, JNI_ABORT);
    }
    return loss;
}

JNI(void, nativePredict)
(JNIEnv *env, jclass class, jlong handle, jobject samples, jintArray order, jbyteArray out) {
    (void)class;
    struct host_learner *host = host_of(handle);
    const uint8_t *codes = (*env)->GetDirectBufferAddress(env, samples);
    const jsize count = (*env)->GetArrayLength(env, order);
    jint *index = (*env)->GetIntArrayElements(env, order, NULL);
    jbyte *prediction = (*env)->GetByteArrayElements(env, out, NULL);
    for (jsize i = 0; index != NULL && prediction != NULL && i < count; i++) {
        prediction[i] = (jbyte)reference_predict(host->net, real_input(host, codes, index[i]));
    }
    if (index != NULL) {
        (*env)->ReleaseIntArrayElements(env, order, index, JNI_ABORT);
    }
    if (prediction != NULL) {
        (*env)->ReleaseByteArrayElements(env, out, prediction, 0);
    }
}

/* Per layer with weights: weights, then biases. */
static size_t copy_weights(struct reference *net, jfloat *values, bool into) {
    size_t at = 0;
    for (uint32_t l = 0; l < net->weight_layers; l++) {
        struct ref_layer *layer = reference_weight_layer(net, l);
        const size_t weights = (size_t)layer->rows * layer->inputs;
        if (values != NULL && into) {
            memcpy(layer->weight, values + at, weights * sizeof(jfloat));
            memcpy(layer->bias, values + at + weights, layer->rows * sizeof(jfloat));
        } else if (values != NULL) {
            memcpy(values + at, layer->weight, weights * sizeof(jfloat));
            memcpy(values + at + weights, layer->bias, layer->rows * sizeof(jfloat));
        }
        at += weights + layer->rows;
    }
    return at;
}

JNI(jfloatArray, nativeWeights)(JNIEnv *env, jclass class, jlong handle) {
    (void)class;
    struct reference *net = host_of(handle)->net;
    const jfloatArray array = (*env)->NewFloatArray(env, (jsize)copy_weights(net, NULL, false));
    jfloat *values = array == NULL ? NULL : (*env)->GetFloatArrayElements(env, array, NULL);
    if (values != NULL) {
        copy_weights(net, values, false);
        (*env)->ReleaseFloatArrayElements(env, array, values, 0);
    }
    return array;
}

/* Drops what the optimisers remember. */
JNI(void, nativeSetWeights)(JNIEnv *env, jclass class, jlong handle, jfloatArray array) {
    (void)class;
    struct reference *net = host_of(handle)->net;
    jfloat *values = (*env)->GetFloatArrayElements(env, array, NULL);
    if (values != NULL) {
        copy_weights(net, values, true);
        reference_reset(net);
        (*env)->ReleaseFloatArrayElements(env, array, values, JNI_ABORT);
    }
}
