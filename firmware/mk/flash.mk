# Writes a device to a real board:
#   make BOARD=stm32f4 flash PROVISIONING=press-07.prov MODEL=press-07.model [HSE_MHZ=25] [PROBE=...]
# Without PROVISIONING and MODEL only the program is written; the pages on the chip stay.
.PHONY: flash
OPENOCD := openocd
PROBE   := interface/stlink.cfg
BOARD   ?=

PAGE_PROVISIONING_stm32f4 := 0x08020000
PAGE_MODEL_stm32f4        := 0x08030000
# A sector is erased as a whole, so both pages are written in one go.
FLASH_PAGES = $(if $(PROVISIONING)$(MODEL),-c "flash erase_address 0x08020000 0x20000" \
    -c "flash write_image $(PROVISIONING) $(PAGE_PROVISIONING_$(BOARD)) bin" \
    -c "flash write_image $(MODEL) $(PAGE_MODEL_$(BOARD)) bin")

flash:
	@test -n "$(BOARD)" || { echo "flash: which board? make BOARD=stm32f4 flash" >&2; exit 1; }
	@test -f port/$(BOARD)/openocd.cfg || { echo "flash: '$(BOARD)' is no board that OpenOCD can write;" \
	    "there is: $(patsubst port/%/openocd.cfg,%,$(wildcard port/*/openocd.cfg))" >&2; exit 1; }
	@test -z "$(PROVISIONING)$(MODEL)" || { test -f "$(PROVISIONING)" && test -f "$(MODEL)"; } || { \
	    echo "flash: the pages share a sector, so both files are needed:" \
	    "PROVISIONING='$(PROVISIONING)' MODEL='$(MODEL)'; 'deploy/fleet device --write-pages DIR' makes them" >&2; \
	    exit 1; }
	@command -v $(OPENOCD) >/dev/null 2>&1 || { echo "flash: '$(OPENOCD)' is not installed;" \
	    "'apt-get install openocd' brings it" >&2; exit 1; }
	@$(MAKE) --no-print-directory BOARDS=$(BOARD) $(BUILD)/$(BOARD)/fqt-device.elf
	$(OPENOCD) -f $(PROBE) -f port/$(BOARD)/openocd.cfg -c init -c "reset halt" \
	    -c "flash write_image erase $(BUILD)/$(BOARD)/fqt-device.elf" $(FLASH_PAGES) \
	    -c "verify_image $(BUILD)/$(BOARD)/fqt-device.elf" -c "reset run" -c exit || { \
	    echo "flash: OpenOCD did not write the board: is the probe ($(PROBE)) connected and the board powered?" >&2; exit 1; }
