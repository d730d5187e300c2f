/* A running agent for the targets that need one. */
#ifndef FQT_TEST_FUZZ_AGENT_H
#define FQT_TEST_FUZZ_AGENT_H

#include "test/unit/agent_fixture.h"

extern struct agent fuzz_agent;

/* With fixture pages; a model page of the caller's where given. */
enum page_status fuzz_agent_start(const uint8_t *model, size_t model_length);

/* One labelled window: whatever was accepted before must be fit to be worked with. */
void fuzz_agent_works(void);

#endif
