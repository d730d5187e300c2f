/* The golden lines for the JVM: io.fqtfleet.sim.device.GoldenTrajectoryTest. Linked from the very
 * objects of libfqtagent.so. */
#include <jni.h>
#include <stdlib.h>
#include <string.h>

#include "test/golden/trajectory.h"

#define TEXT_MAX (1u << 16)

struct text {
    size_t length;
    char bytes[TEXT_MAX];
};

static bool append(void *context, const char *line) {
    struct text *text = context;
    const size_t length = strlen(line);
    if (text->length + length + 2 > TEXT_MAX) {
        return false;
    }
    memcpy(text->bytes + text->length, line, length);
    text->length += length;
    text->bytes[text->length++] = '\n';
    text->bytes[text->length] = 0;
    return true;
}

JNIEXPORT jstring JNICALL Java_io_fqtfleet_sim_device_GoldenTrajectoryTest_run(JNIEnv *, jclass);

/* Null if the learner refuses a step, or there is no memory. */
JNIEXPORT jstring JNICALL Java_io_fqtfleet_sim_device_GoldenTrajectoryTest_run(JNIEnv *env,
                                                                               jclass class) {
    (void)class;
    struct text *text = calloc(1, sizeof *text);
    struct trajectory *trajectory = aligned_alloc(64, (sizeof *trajectory + 63u) & ~(size_t)63u);
    jstring lines = NULL;
    if (text != NULL && trajectory != NULL && trajectory_run(trajectory, append, text)) {
        lines = (*env)->NewStringUTF(env, text->bytes);
    }
    free(trajectory);
    free(text);
    return lines;
}
