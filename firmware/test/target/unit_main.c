/* The unit suite on the target: every test/unit/<name>_test.c, its main renamed <name>_test_main.
 */
#include "test/target/semihosting.h"

#define UNIT_TEST(name) int name##_main(void);
#include "unit_tests.h" /* generated: UNIT_TEST(agent_test) ... */
#undef UNIT_TEST

int main(void) {
    int failed = 0;
#define UNIT_TEST(name) failed |= name##_main();
#include "unit_tests.h"
    semihosting_exit(failed);
}
