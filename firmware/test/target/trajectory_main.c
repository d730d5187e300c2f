/* The golden trajectory on the target; its expected text is part of the image. */
#include "test/golden/trajectory.h"
#include "test/target/semihosting.h"

__asm(".section .rodata.golden, \"a\"\n"
      ".global golden_text\n"
      "golden_text: .incbin \"test/golden/trajectory.txt\"\n"
      ".byte 0\n"
      ".previous\n");
extern const char golden_text[];

static struct trajectory trajectory;

int main(void) {
    semihosting_exit(trajectory_matches(&trajectory, golden_text, semihosting_print) ? 0 : 1);
}
