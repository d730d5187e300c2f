# The boards. A new one: a block here, port/<folder>/board.h and its linker script.
# MACHINE = QEMU's, CPU = compiler flags, PORT = folder, LINK = script, MPU = its kind (port/cortex_m),
# MEMORY_MB = size of the RAM that plays the store's flash (0: none), PAGES = where the pages are,
# UNIT_LINK = script for the unit suite, which needs more room than the device has.
BOARDS := an385 an386 an500 an505 an547 stm32f4

MACHINE_an385 := mps2-an385
CPU_an385     := -mcpu=cortex-m3
PORT_an385    := mps2
LINK_an385    := port/mps2/armv7.ld
MPU_an385     := v7
MEMORY_MB_an385 := 16
PAGES_an385 := 0x00080000
UNIT_LINK_an385 := test/target/unit_armv7.ld

MACHINE_an386 := mps2-an386
CPU_an386     := -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16
PORT_an386    := mps2
LINK_an386    := port/mps2/armv7.ld
MPU_an386     := v7
MEMORY_MB_an386 := 16
PAGES_an386 := 0x00080000
UNIT_LINK_an386 := test/target/unit_armv7.ld

MACHINE_an500 := mps2-an500
CPU_an500     := -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16
PORT_an500    := mps2
LINK_an500    := port/mps2/armv7.ld
MPU_an500     := v7
MEMORY_MB_an500 := 16
PAGES_an500 := 0x00080000
UNIT_LINK_an500 := test/target/unit_an500.ld

MACHINE_an505 := mps2-an505
CPU_an505     := -mcpu=cortex-m33 -mfloat-abi=hard -mfpu=fpv5-sp-d16
PORT_an505    := mps2
LINK_an505    := port/mps2/an505.ld
MPU_an505     := v8
MEMORY_MB_an505 := 16
PAGES_an505 := 0x10080000
UNIT_LINK_an505 := test/target/unit_an505.ld

MACHINE_an547 := mps3-an547
CPU_an547     := -mcpu=cortex-m55 -mfloat-abi=hard
PORT_an547    := mps2
LINK_an547    := port/mps2/an547.ld
MPU_an547     := v8
MEMORY_MB_an547 := 2048
PAGES_an547 := 0x11000000
UNIT_LINK_an547 := test/target/unit_an547.ld

# STM32F405 / F407; QEMU knows one board with it. Its 192 KB don't hold the unit suite, which an386 (the
# same core) runs.
MACHINE_stm32f4 := netduinoplus2
CPU_stm32f4     := -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16 $(if $(HSE_MHZ),-DBOARD_HSE_MHZ=$(HSE_MHZ)u)
PORT_stm32f4    := stm32f4
LINK_stm32f4    := port/stm32f4/stm32f4.ld
MPU_stm32f4     := v7
MEMORY_MB_stm32f4 := 0
PAGES_stm32f4   := 0x08020000
