*** Comments ***
renode-test firmware/renode/device.robot, after make -C firmware target check-target (which leaves the pages of
a test device). Time-outs are virtual seconds.

*** Settings ***
Suite Setup       Setup
Suite Teardown    Teardown
Test Setup        Reset Emulation
Test Teardown     Test Teardown
Resource          ${RENODEKEYWORDS}

*** Variables ***
${BUILD}    ${CURDIR}/../build

*** Keywords ***
Create Board
    [Arguments]    ${repl}    ${elf}
    Execute Command    mach create "device"
    Execute Command    machine LoadPlatformDescription @${CURDIR}/${repl}
    Execute Command    cpu PerformanceInMips 25
    Execute Command    sysbus LoadELF @${elf}

Load Pages
    [Arguments]    ${from}    ${provisioning}    ${model}
    Execute Command    sysbus LoadBinary @${from}/drive.provisioning ${provisioning}
    Execute Command    sysbus LoadBinary @${from}/drive.model ${model}

Should Boot And Ask For The Broker
    ${log}=        Create Terminal Tester    sysbus.uart2    timeout=10
    ${network}=    Create Terminal Tester    sysbus.uart0    timeout=20
    Start Emulation
    Wait For Line On Uart     boot 1, RAM    testerId=${log}
    Wait For Line On Uart     bytes used     testerId=${log}
    # CONNECT: protocol name and level of MQTT 3.1.1
    Wait For Bytes On Uart    00 04 4d 51 54 54 04    testerId=${network}

*** Test Cases ***
Should Say That Its Pages Are Missing
    Create Board    mps2_an386.repl    ${BUILD}/an386/fqt-device.elf
    Create Terminal Tester    sysbus.uart2    timeout=10
    Start Emulation
    Wait For Line On Uart     provisioning page does not begin with its four letters

Should Run On MPS2
    Create Board    mps2_an386.repl    ${BUILD}/an386/fqt-device.elf
    Load Pages      ${BUILD}/an386    0x00080000    0x00090000
    Should Boot And Ask For The Broker

Should Run On STM32F4
    Create Board    stm32f4.repl    ${BUILD}/stm32f4/fqt-device.elf
    Load Pages      ${BUILD}/stm32f4    0x08020000    0x08030000
    Should Boot And Ask For The Broker
