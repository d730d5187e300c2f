/* What the files of this port offer each other. */
#ifndef STM32F4_PORT_H
#define STM32F4_PORT_H

#include "port/cortex_m/board_port.h"

/* Of the two peripheral buses, as board_clock_init left them: USART1, and USART2 with USART3. */
uint32_t clock_apb2_hz(void);
uint32_t clock_apb1_hz(void);

#endif
