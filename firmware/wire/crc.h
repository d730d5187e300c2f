/* The two cyclic checks of the device: CRC-32 for pages, the store and shards; CRC-16 for sensor
 * frames. */
#ifndef FQT_WIRE_CRC_H
#define FQT_WIRE_CRC_H

#include <stddef.h>
#include <stdint.h>

/*
 * CRC-32 (IEEE 802.3, reflected 0xEDB88320, as java.util.zip.CRC32). Start with crc = 0; feed the
 * result back in to continue over a further piece. "123456789" gives 0xCBF43926.
 */
uint32_t crc32_ieee(uint32_t crc, const uint8_t *bytes, size_t length);

/* CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF, not reflected). "123456789" gives 0x29B1. */
uint16_t crc16_ccitt_false(const uint8_t *bytes, size_t length);

#endif
