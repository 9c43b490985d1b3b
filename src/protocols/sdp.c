#include "protocols/sdp.h"
#include "protocols/lines.h"

#include <stdio.h>

enum { CANDIDATES_MOST = 8, COMPONENTS = 2 };
enum { MEDIA_MOST = 8, MAPS_MOST = 6, LINES_MOST = 256, WAIT_SECONDS = 300, WORDS = 256, WORD_MOST = 40 };

/* Another place at which media may come together (RFC 8839 5.1). */
struct candidate {
	struct span line;
	struct address address;
	uint16_t port;
	bool control; /* RTCP's component */
};

/* "m=audio 49170 RTP/AVP 0 97" with the lines that belong to it. */
struct media {
	struct span line, kind, formats, codec;
	struct span maps[MAPS_MOST]; /* "97 iLBC/8000" */
	struct candidate candidates[CANDIDATES_MOST];
	size_t map_count, candidate_count;
	struct address address;
	uint16_t port, control;
	bool rtp;
};

/* "c=IN IP4 192.0.2.7", perhaps with "/127" behind a group's address. */
static bool read_connection(struct span line, struct address *ret_address)
{
	struct span rest, address;

	(void)text_word(&line);
	(void)text_word(&line);
	rest = text_word(&line);
	address = rest;
	if (span_find(rest, "/") != SIZE_MAX)
		address = span_until(&rest, '/');
	return address_parse(address, ret_address);
}

static void read_media(struct media *media, struct span line, const struct address *address)
{
	struct span rest = line, port;
	uint64_t number = 0;

	*media = (struct media){ .line = line, .address = *address, .kind = text_word(&rest) };
	port = text_word(&rest);
	if (span_find(port, "/") != SIZE_MAX)
		port = span_until(&port, '/');
	(void)span_number(port, UINT16_MAX, &number);
	media->port = (uint16_t)number;
	media->rtp = span_find(text_word(&rest), "RTP/") != SIZE_MAX;
	media->formats = text_trim(rest);
}

/* "a=candidate:1 1 UDP 2130706431 192.0.2.7 49170 typ host": foundation, component, transport, priority,
 * place. Of TCP both ends call, and names of mDNS are no addresses: neither is expected. */
static void read_candidate(struct media *media, struct span line)
{
	struct candidate candidate = { .line = line };
	uint64_t component, port;
	struct span words[6];

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		words[i] = text_word(&line);
	if (media->candidate_count == CANDIDATES_MOST || !span_number(words[1], COMPONENTS, &component) ||
	    component == 0 || !span_is_nocase(words[2], "UDP") ||
	    !address_parse(words[4], &candidate.address) || !span_number(words[5], UINT16_MAX, &port))
		return;
	candidate.port = (uint16_t)port;
	candidate.control = component == COMPONENTS;
	media->candidates[media->candidate_count++] = candidate;
}

/* "a=rtpmap:97 iLBC/8000", "a=rtcp:53020". */
static void read_attribute(struct media *media, struct span line)
{
	uint64_t number;

	if (span_begins(line, "rtpmap:")) {
		span_skip(&line, strlen("rtpmap:"));
		if (media->map_count < MAPS_MOST)
			media->maps[media->map_count++] = text_trim(line);
		(void)text_word(&line);
		if (span_left(media->codec) == 0)
			media->codec = text_word(&line);
	} else if (span_begins(line, "rtcp:")) {
		span_skip(&line, strlen("rtcp:"));
		if (span_number(text_word(&line), UINT16_MAX, &number))
			media->control = (uint16_t)number;
	} else if (span_begins(line, "candidate:")) {
		span_skip(&line, strlen("candidate:"));
		read_candidate(media, line);
	}
}

static size_t read_description(struct span description, struct media media[MEDIA_MOST])
{
	struct address address = { { 0 } };
	size_t count = 0;

	for (unsigned n = 0; n < LINES_MOST && span_left(description) > 0; n++) {
		struct span line = span_line(&description);

		if (line.failed) {
			line = description;
			line.failed = false;
			description.at = description.end;
		}
		if (span_left(line) < 2 || line.at[1] != '=')
			continue;
		span_skip(&line, 2);
		switch (line.at[-2]) {
		case 'c':
			(void)read_connection(line, count > 0 ? &media[count - 1].address : &address);
			break;
		case 'm':
			if (count < MEDIA_MOST)
				read_media(&media[count++], line, &address);
			break;
		case 'a':
			if (count > 0)
				read_attribute(&media[count - 1], line);
			break;
		default: break;
		}
	}
	return count;
}

static size_t add_words(char words[static WORDS], size_t length, const char *before, struct span text)
{
	const size_t most = span_left(text) < WORD_MOST ? span_left(text) : WORD_MOST;
	const int added = snprintf(words + length, WORDS - length, "%s%.*s", before, (int)most,
				   (const char *)text.at);

	return added > 0 && (size_t)added < WORDS - length ? length + (size_t)added : length;
}

/* "audio 97 iLBC/8000, 101 telephone-event/8000": what each type of payload means. */
static void write_words(const struct media *media, char words[static WORDS])
{
	size_t length = add_words(words, 0, "", media->kind);

	for (size_t i = 0; i < media->map_count; i++)
		length = add_words(words, length, i == 0 ? " " : ", ", media->maps[i]);
	if (media->map_count == 0)
		(void)add_words(words, length, " ", media->formats);
}

static void expect(struct parse *parse, const char *protocol, const struct media *media,
		   const struct address *address, uint16_t port)
{
	char about[WORDS];
	const struct expectation expectation = {
		.transport = TRANSPORT_UDP,
		.address = *address,
		.port = port,
		.protocol = protocol_named(span_text(protocol)),
		.waiting = SIDE_SERVER,
		.seconds = WAIT_SECONDS,
		.many = true,
		.about = about,
	};

	write_words(media, about);
	if (expectation.protocol != NULL)
		parse_expect(parse, &expectation);
}

/* RFC 3605: the next port, unless the description says which. */
static uint16_t control_port(const struct media *media)
{
	return media->control != 0 ? media->control : (uint16_t)(media->port + 1);
}

static void expect_media(struct parse *parse, const struct media *media)
{
	const uint16_t control = control_port(media);

	if (media->port == 0 || address_is_unspecified(&media->address))
		return;
	expect(parse, "rtp", media, &media->address, media->port);
	if (control != media->port && control != 0)
		expect(parse, "rtcp", media, &media->address, control);
}

/* One of them is usually what the description says itself. */
static void expect_candidates(struct parse *parse, const struct media *media)
{
	for (size_t i = 0; i < media->candidate_count; i++) {
		const struct candidate *const one = &media->candidates[i];
		const bool told = address_compare(&one->address, &media->address) == 0 &&
				  (one->port == media->port || one->port == control_port(media));

		if (!told && one->port != 0 && !address_is_unspecified(&one->address))
			expect(parse, one->control ? "rtcp" : "rtp", media, &one->address, one->port);
	}
}

void sdp_expect(struct parse *parse, struct span description)
{
	struct media media[MEDIA_MOST];
	const size_t count = read_description(description, media);

	for (size_t i = 0; i < count; i++) {
		if (!media[i].rtp)
			continue;
		expect_media(parse, &media[i]);
		expect_candidates(parse, &media[i]);
	}
}

void sdp_emit(struct json *json, struct span description)
{
	struct media media[MEDIA_MOST];
	const size_t count = read_description(description, media);
	char text[ADDRESS_TEXT];

	if (count == 0)
		return;
	json_open_object(json, "sdp");
	json_open_array(json, "media_descriptions");
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		json_span(json, "media", media[i].line);
		if (!address_is_unspecified(&media[i].address))
			json_text(json, "connection_data", address_text(&media[i].address, text));
		emit_span(json, "codec", media[i].codec);
		if (media[i].candidate_count > 0)
			json_open_array(json, "candidates");
		for (size_t n = 0; n < media[i].candidate_count; n++)
			json_span(json, NULL, media[i].candidates[n].line);
		if (media[i].candidate_count > 0)
			json_end(json);
		json_end(json);
	}
	json_end(json);
	json_end(json);
}
