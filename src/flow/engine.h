/* engine.h: what workers ask of an engine beside what flow.h has. */
#ifndef FLOW_ENGINE_H
#define FLOW_ENGINE_H

#include "flow/flow.h"

/* The frame to which belongs what is told now. */
uint64_t engine_frame(const struct engine *engine);

#endif
