/* filter.h: a BPF expression, compiled by libpcap for each link type that turns up. */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include "base/error.h"
#include "capture/capture.h"

struct filter;
struct filter_program;

/* NULL with words for an expression that compiles for no link type. The text must outlive the filter. */
struct filter *filter_new(const char *expression, struct error *err);
void filter_free(struct filter *filter);

/* The program for a link type; NULL where the expression cannot be applied to it. Owned by the filter. */
const struct filter_program *filter_for(struct filter *filter, uint16_t link);
bool filter_matches(const struct filter_program *program, const struct frame *frame);

#endif
