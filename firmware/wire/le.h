/*
 * Little-endian loads and stores on byte buffers: no alignment, no aliasing, the same on every
 * host. The caller has checked that the bytes are there.
 */
#ifndef FQT_WIRE_LE_H
#define FQT_WIRE_LE_H

#include <stdint.h>

static inline uint16_t le_load_u16(const uint8_t *in) {
    return (uint16_t)(in[0] | ((unsigned)in[1] << 8));
}

static inline uint32_t le_load_u32(const uint8_t *in) {
    return (uint32_t)in[0] | ((uint32_t)in[1] << 8) | ((uint32_t)in[2] << 16) |
           ((uint32_t)in[3] << 24);
}

static inline uint64_t le_load_u64(const uint8_t *in) {
    return (uint64_t)le_load_u32(in) | ((uint64_t)le_load_u32(in + 4) << 32);
}

static inline void le_store_u16(uint8_t *out, uint16_t value) {
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static inline void le_store_u32(uint8_t *out, uint32_t value) {
    le_store_u16(out, (uint16_t)value);
    le_store_u16(out + 2, (uint16_t)(value >> 16));
}

static inline void le_store_u64(uint8_t *out, uint64_t value) {
    le_store_u32(out, (uint32_t)value);
    le_store_u32(out + 4, (uint32_t)(value >> 32));
}

#endif
