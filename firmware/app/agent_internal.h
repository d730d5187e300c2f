/* What the files agent_*.c share; not for anyone else. */
#ifndef FQT_APP_AGENT_INTERNAL_H
#define FQT_APP_AGENT_INTERNAL_H

#include "app/agent.h"

/* Milliseconds since boot. */
uint64_t agent_uptime_ms(const struct agent *agent, uint64_t now_ms);

/* firstTrainableLayer: the last layer, whatever the model. */
#define AGENT_LAST_LAYER 15

/* Name of the first field that is out of its range, or that this model can't obey; else NULL. */
const char *agent_bad_term(const struct agent *agent, const fqt_budget_terms *terms);

/* Hands the terms in force to the learner and the bucket; drops an open minibatch. */
void agent_obey(struct agent *agent, uint64_t now_ms);

/* ---- agent_records.c: the three records ---- */
bool agent_save_state(struct agent *agent, const struct agent_duty *duty, uint64_t now_ms);

/* Boot counter of the stored state, 0 when there is none. Fills duty and the bucket's level (-1 =
 * not stored). */
uint32_t agent_load_state(struct agent *agent, uint64_t now_ms, int64_t *level_pj);

bool agent_save_weights(struct agent *agent, enum agent_record record);

/* Makes the record's weights, or the factory weights, those that the next boot finds; the learner
 * is not touched. */
bool agent_stage_weights(struct agent *agent, fqt_weights_action action);

/* Loads what agent_stage_weights has staged, or what an earlier boot has saved; false when there is
 * nothing fitting. */
bool agent_load_weights(struct agent *agent, enum agent_record record);

#endif
