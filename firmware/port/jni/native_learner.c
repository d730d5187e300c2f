/*
 * JNI entry points of io.fqtfleet.sim.model.NativeLearner: a model that is trained on the host, in
 * floating point or as on the device. The handle is the address of one struct host_learner; the
 * Java side checks lengths and indices and serialises calls per handle.
 */
#include <jni.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/features.h"
#include "core/window.h"
#include "port/jni/host_learner.h"

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

#define MODEL_EXCEPTION "io/fqtfleet/sim/model/ModelException"

JNI(jlong, nativeOpen)(JNIEnv *, jclass, jintArray, jint, jlong);
JNI(void, nativeClose)(JNIEnv *, jclass, jlong);
JNI(void, nativeCodes)(JNIEnv *, jclass, jint, jfloat, jshortArray, jint, jobject, jint);
JNI(jdouble, nativeTrain)(JNIEnv *, jclass, jlong, jobject, jintArray, jbyteArray, jfloatArray);
JNI(void, nativePredict)(JNIEnv *, jclass, jlong, jobject, jintArray, jbyteArray);
JNI(void, nativeCopy)(JNIEnv *, jclass, jlong, jlong, jobject, jintArray);
JNI(jbyteArray, nativeExport)(JNIEnv *, jclass, jlong);
JNI(void, nativeLoad)(JNIEnv *, jclass, jlong, jbyteArray);
JNI(jint, nativeArenaBytes)(JNIEnv *, jclass, jlong);
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
    *spec = (struct fqt_model_spec){.name = ""};
    spec->input = (uint8_t)value[SPEC_INPUT];
    spec->frozen = (uint8_t)value[SPEC_FROZEN];
    spec->batch_max = (uint16_t)value[SPEC_BATCH];
    spec->in_h = (uint16_t)value[SPEC_H];
    spec->in_w = (uint16_t)value[SPEC_W];
    spec->in_c = (uint16_t)value[SPEC_C];
    memcpy(spec->input == FQT_INPUT_WINDOW ? &spec->window_step : &spec->input_scale, &bits,
           sizeof bits);
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

JNI(jlong, nativeOpen)
(JNIEnv *env, jclass class, jintArray fields, jint arithmetic, jlong seed) {
    (void)class;
    struct fqt_model_spec spec;
    char problem[HOST_PROBLEM_MAX];
    jint value[SPEC_HEAD + SPEC_PER_LAYER * FQT_STEPS_MAX];
    (*env)->GetIntArrayRegion(env, fields, 0, (*env)->GetArrayLength(env, fields), value);
    if ((*env)->ExceptionCheck(env)) {
        return 0;
    }
    read_spec(value, &spec);
    struct host_learner *host = host_open(&spec, arithmetic, (uint64_t)seed, problem);
    if (host == NULL) {
        throw(env, MODEL_EXCEPTION, problem);
    }
    return (jlong)(uintptr_t)host;
}

JNI(void, nativeClose)(JNIEnv *env, jclass class, jlong handle) {
    (void)env;
    (void)class;
    host_close(host_of(handle));
}

JNI(void, nativeCodes)
(JNIEnv *env, jclass class, jint input, jfloat step, jshortArray samples, jint count, jobject out,
 jint offset) {
    (void)class;
    uint8_t *codes = (uint8_t *)(*env)->GetDirectBufferAddress(env, out) + offset;
    const uint32_t length = (uint32_t)(*env)->GetArrayLength(env, samples) / (uint32_t)count;
    jshort *window = (*env)->GetShortArrayElements(env, samples, NULL);
    struct fqt_feature_work work;
    for (uint32_t i = 0; window != NULL && i < (uint32_t)count; i++) {
        if (input == FQT_INPUT_SPECTRA) {
            fqt_features_s16(&work, window + (size_t)i * FQT_WINDOW,
                             codes + (size_t)i * FQT_FEATURES_MAX);
        } else {
            fqt_codes_of_window_s16(window + (size_t)i * length, length, step,
                                    codes + (size_t)i * length);
        }
    }
    if (window != NULL) {
        (*env)->ReleaseShortArrayElements(env, samples, window, JNI_ABORT);
    }
}

/* The fields of NativeLearner.Step. */
enum { STEP_BATCH, STEP_RATE, STEP_DECAY, STEP_ADAM, STEP_FIRST, STEP_FIELDS };

JNI(jdouble, nativeTrain)
(JNIEnv *env, jclass class, jlong handle, jobject samples, jintArray order, jbyteArray labels,
 jfloatArray settings) {
    (void)class;
    const uint8_t *codes = (*env)->GetDirectBufferAddress(env, samples);
    const jsize count = (*env)->GetArrayLength(env, order);
    jfloat v[STEP_FIELDS];
    (*env)->GetFloatArrayRegion(env, settings, 0, STEP_FIELDS, v);
    const struct host_step step = {
        .batch = (uint32_t)v[STEP_BATCH],
        .rate = v[STEP_RATE],
        .decay = v[STEP_DECAY],
        .adam = v[STEP_ADAM] > 0.0f,
        .first_trainable = (uint32_t)v[STEP_FIRST],
    };
    jint *index = (*env)->GetIntArrayElements(env, order, NULL);
    jbyte *label = (*env)->GetByteArrayElements(env, labels, NULL);
    double loss = 0;
    if (index != NULL && label != NULL) {
        loss = host_train(host_of(handle), codes, index, label, (size_t)count, &step);
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
    const uint8_t *codes = (*env)->GetDirectBufferAddress(env, samples);
    const jsize count = (*env)->GetArrayLength(env, order);
    jint *index = (*env)->GetIntArrayElements(env, order, NULL);
    jbyte *prediction = (*env)->GetByteArrayElements(env, out, NULL);
    if (index != NULL && prediction != NULL) {
        host_predict(host_of(handle), codes, index, (size_t)count, prediction);
    }
    if (index != NULL) {
        (*env)->ReleaseIntArrayElements(env, order, index, JNI_ABORT);
    }
    if (prediction != NULL) {
        (*env)->ReleaseByteArrayElements(env, out, prediction, 0);
    }
}

JNI(void, nativeCopy)
(JNIEnv *env, jclass class, jlong from, jlong to, jobject samples, jintArray order) {
    (void)class;
    const uint8_t *codes = (*env)->GetDirectBufferAddress(env, samples);
    const jsize count = (*env)->GetArrayLength(env, order);
    char problem[HOST_PROBLEM_MAX];
    jint *index = (*env)->GetIntArrayElements(env, order, NULL);
    if (index == NULL) {
        return;
    }
    if (!host_copy(host_of(from), host_of(to), codes, index, (size_t)count, problem)) {
        throw(env, MODEL_EXCEPTION, problem);
    }
    (*env)->ReleaseIntArrayElements(env, order, index, JNI_ABORT);
}

JNI(jbyteArray, nativeExport)(JNIEnv *env, jclass class, jlong handle) {
    (void)class;
    const struct host_learner *host = host_of(handle);
    const struct model model = {&host->spec, &host->plan};
    const size_t length = model_trained_length(&model);
    const jbyteArray array = (*env)->NewByteArray(env, (jsize)length);
    jbyte *page = array == NULL ? NULL : (*env)->GetByteArrayElements(env, array, NULL);
    if (page != NULL) {
        (void)host_export(host, (uint8_t *)page, length);
        (*env)->ReleaseByteArrayElements(env, array, page, 0);
    }
    return array;
}

JNI(void, nativeLoad)(JNIEnv *env, jclass class, jlong handle, jbyteArray array) {
    (void)class;
    const jsize length = (*env)->GetArrayLength(env, array);
    jbyte *page = (*env)->GetByteArrayElements(env, array, NULL);
    if (page == NULL) {
        return;
    }
    const enum page_status status =
        host_load(host_of(handle), (const uint8_t *)page, (size_t)length);
    (*env)->ReleaseByteArrayElements(env, array, page, JNI_ABORT);
    if (status != PAGE_OK) {
        char message[HOST_PROBLEM_MAX];
        snprintf(message, sizeof message, "model page %s", page_status_text(status));
        throw(env, MODEL_EXCEPTION, message);
    }
}

JNI(jint, nativeArenaBytes)(JNIEnv *env, jclass class, jlong handle) {
    (void)env;
    (void)class;
    return (jint)host_of(handle)->plan.arena_bytes;
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
    struct host_learner *host = host_of(handle);
    struct reference *net = host->net;
    if (!host->floating) {
        reference_dequantise(&host->learner, net);
    }
    const jfloatArray array = (*env)->NewFloatArray(env, (jsize)copy_weights(net, NULL, false));
    jfloat *values = array == NULL ? NULL : (*env)->GetFloatArrayElements(env, array, NULL);
    if (values != NULL) {
        copy_weights(net, values, false);
        (*env)->ReleaseFloatArrayElements(env, array, values, 0);
    }
    return array;
}

/* Floating point only; drops what the optimisers remember. */
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
