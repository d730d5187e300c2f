#ifndef CORTEX_M_STACK_H
#define CORTEX_M_STACK_H

/* Once, from the reset handler: fills the stack below the caller with a pattern. */
void stack_paint(void);

#endif
