#include "capture/filter.h"
#include "capture/pcap_calls.h"

#include <stdlib.h>

enum { PROGRAMS = 64, ETHERNET = 1 };

struct filter_program {
	uint16_t link;
	bool usable;
	struct bpf_program bpf;
};

struct filter {
	const char *expression; /* borrowed */
	struct filter_program programs[PROGRAMS];
	size_t count;
};

/* The few link types whose number in files is not libpcap's own on this system. */
static int dlt_of(uint16_t link)
{
	switch (link) {
	case 100: return DLT_ATM_RFC1483;
	case 101: return DLT_RAW;
	case 102: return DLT_SLIP_BSDOS;
	case 103: return DLT_PPP_BSDOS;
	default: return link;
	}
}

static bool compile(struct filter_program *program, const char *expression, struct error *err)
{
	pcap_t *const dead = pcap_open_dead(dlt_of(program->link), CAPTURE_FRAME_LIMIT);

	if (dead == NULL)
		return error_memory(err);
	program->usable = pcap_compile(dead, &program->bpf, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!program->usable)
		error_set(err, "the filter '%s' cannot be used: %s", expression, pcap_geterr(dead));
	pcap_close(dead);
	return program->usable;
}

struct filter *filter_new(const char *expression, struct error *err)
{
	struct filter *filter;

	if (!pcap_load(err))
		return NULL;
	filter = calloc(1, sizeof(*filter));
	if (filter == NULL) {
		error_memory(err);
		return NULL;
	}
	filter->expression = expression;
	filter->programs[filter->count++] = (struct filter_program){ .link = ETHERNET };
	if (compile(&filter->programs[0], expression, err))
		return filter;
	filter_free(filter);
	return NULL;
}

void filter_free(struct filter *filter)
{
	for (size_t i = 0; filter != NULL && i < filter->count; i++) {
		if (filter->programs[i].usable)
			pcap_freecode(&filter->programs[i].bpf);
	}
	free(filter);
}

const struct filter_program *filter_for(struct filter *filter, uint16_t link)
{
	struct filter_program *program;

	for (size_t i = 0; i < filter->count; i++) {
		if (filter->programs[i].link == link)
			return filter->programs[i].usable ? &filter->programs[i] : NULL;
	}
	if (filter->count == PROGRAMS)
		return NULL;
	program = &filter->programs[filter->count++];
	*program = (struct filter_program){ .link = link };
	return compile(program, filter->expression, NULL) ? program : NULL;
}

bool filter_matches(const struct filter_program *program, const struct frame *frame)
{
	const struct pcap_pkthdr header = { .caplen = frame->captured, .len = frame->length };

	return pcap_offline_filter(&program->bpf, &header, frame->bytes) != 0;
}
