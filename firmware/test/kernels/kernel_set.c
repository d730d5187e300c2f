/* Compiled once per variant, with KERNEL_SUFFIX and KERNEL_LABEL as the build sets them. */
#include "test/kernels/kernel_set.h"

#include "core/kernels.h"

const struct kernel_set KERNEL_NAMED(kernel_set, KERNEL_SUFFIX) = {
    .name = KERNEL_LABEL,
    .forward = kernel_forward_u8,
    .error = kernel_error_u8,
    .gradient = kernel_gradient_u8,
    .depthwise_forward = kernel_depthwise_forward_u8,
    .depthwise_error = kernel_depthwise_error_u8,
    .depthwise_gradient = kernel_depthwise_gradient_u8,
};
