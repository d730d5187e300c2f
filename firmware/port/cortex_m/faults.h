/*
 * What stopped the program last time. A fault is a bug or a broken memory: the handler notes it in
 * RAM that a reset does not clear, and resets; the device starts again from what the store holds.
 */
#ifndef CORTEX_M_FAULTS_H
#define CORTEX_M_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
    FAULT_HARD = 1,
    FAULT_MEMORY, /* the memory protection unit */
    FAULT_BUS,
    FAULT_USAGE,   /* undefined instruction, division by zero, stack limit (ARMv8-M) */
    FAULT_WATCHDOG /* pc: where the program hung */
};

struct fault_record {
    uint32_t magic;
    uint32_t kind;
    uint32_t pc; /* 0: the stack was not to be trusted */
    uint32_t lr;
    uint32_t status;      /* CFSR, Arm DDI 0403 B3.2.15 */
    uint32_t address;     /* of the access that failed; 0 where the core does not tell */
    uint32_t stack_bytes; /* deepest use up to the fault */
    uint32_t check;
};

/* Gives each kind of fault its own handler, and division by zero is one. */
void faults_init(void);

/* True: the program was stopped since the last call. The note is erased. */
bool fault_take(struct fault_record *out);

const char *fault_text(uint32_t kind);

/* From an interrupt: stacked = r0-r3, r12, lr, pc, psr as the core pushed them, or NULL. */
void fault_note(enum fault_kind kind, const uint32_t *stacked);

#endif
