#include "flow/links.h"
#include "flow/identify.h"

#include <stdlib.h>

enum { READERS = 8 };

/* Who reads the frames of one protocol. */
struct reader {
	struct parse parse; /* first: what parsers are given is the reader */
	struct links *links;
	void *state; /* owned */
};

struct links {
	const struct flow_listener *listener;
	struct engine_counts *counts;
	struct reader readers[READERS];
	size_t count;
	/* The frame that is read now. */
	const struct packets *packets;
	uint64_t frame;
};

struct links *links_new(const struct flow_listener *listener, struct engine_counts *counts)
{
	struct links *const links = calloc(1, sizeof(*links));

	if (links == NULL)
		return NULL;
	links->listener = listener;
	links->counts = counts;
	return links;
}

void links_free(struct links *links)
{
	for (size_t i = 0; links != NULL && i < links->count; i++)
		free(links->readers[i].state);
	free(links);
}

/* ---- what parsers ask for: to tell, and no more ---- */

/* No frame brings anything that is remembered. */
static void tell_event(struct parse *parse, const char *type, parse_emit *emit, const void *record,
		       const struct parse_memo *memo)
{
	const struct links *const links = ((struct reader *)parse)->links;
	const struct flow_message message = { .type = type, .emit = emit, .record = record };

	(void)memo;
	if (links->listener->frame_message == NULL)
		return;
	links->listener->frame_message(links->listener->context, links->packets, &message, parse->time_ns,
				       links->frame);
}

static bool is_news(const struct parse *parse, const struct weakness *weakness)
{
	(void)parse;
	(void)weakness;
	return false;
}

/* There is no flow, and yet a place where it was seen: one end, and the link as the transport. */
static void tell_weakness(struct parse *parse, const struct weakness *weakness, const struct address *about,
			  const char *evidence)
{
	const struct links *const links = ((struct reader *)parse)->links;
	const struct flow nowhere = {
		.ends = { *about, *about },
		.transport = TRANSPORT_LINK,
		.protocol = identify_number(parse->protocol),
		.identified = IDENTIFIED_BY_CONTENT,
	};

	if (links->listener->weakness != NULL)
		links->listener->weakness(links->listener->context, &nowhere, weakness, evidence,
					  parse->time_ns, links->frame);
}

static struct span keep(struct parse *parse, struct span bytes)
{
	(void)parse;
	(void)bytes;
	return span_of(NULL, 0);
}

static void forget(struct parse *parse)
{
	(void)parse;
}

static const struct parse_engine engine = {
	.event = tell_event,
	.weakness_about = tell_weakness,
	.is_news = is_news,
	.keep = keep,
	.forget = forget,
};

/* ---- reading ---- */

static struct reader *reader_of(struct links *links, const struct protocol *protocol)
{
	struct reader *reader = links->readers;

	while (reader < links->readers + links->count && reader->parse.protocol != protocol)
		reader++;
	if (reader < links->readers + links->count)
		return reader;
	if (links->count == READERS)
		return NULL;
	reader->state = calloc(1, protocol->parser->state_size);
	if (reader->state == NULL)
		return NULL;
	reader->links = links;
	reader->parse = (struct parse){ .engine = &engine, .protocol = protocol, .listened = true };
	links->count++;
	return reader;
}

void links_read(struct links *links, const struct packets *packets, int64_t time_ns, uint64_t frame)
{
	const bool heard = links->listener->frame_message != NULL || links->listener->weakness != NULL;
	const struct protocol *const protocol = heard ? identify_frame(packets->ethertype) : NULL;
	struct span bytes = packets->body;
	struct reader *reader;

	if (protocol == NULL || span_left(bytes) == 0)
		return;
	reader = reader_of(links, protocol);
	if (reader == NULL)
		return;
	links->packets = packets;
	links->frame = frame;
	reader->parse.time_ns = time_ns;
	if (protocol->parser->read(reader->state, &reader->parse, &bytes) == PARSE_BROKEN)
		links->counts->parse_errors++;
}
