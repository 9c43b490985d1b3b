/* svn.c: Subversion's own server, "protocol" in the folder libsvn_ra_svn of its sources: lists in brackets of
 * words, numbers and texts ("8:password"). What is read is the beginning: the address, the client, how it
 * logs in. */
#include "protocols/lines.h"

#include <ctype.h>

enum { FIRST_MOST = 4096, WORD_MOST = 512, NAME = 96 };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char server[] = "( success ( ", client[] = "( 2 ( ";
	const char *const begin = side == SIDE_SERVER ? server : client;
	enum verdict verdict = transport == TRANSPORT_TCP ? recognise_text(first, begin) : NO;

	if (verdict != YES)
		return verdict;
	span_skip(&first, strlen(begin));
	if (side == SIDE_SERVER) {
		while (isdigit(span_peek(first, 0)))
			span_skip(&first, 1);
		return span_left(first) == 0 ? MORE : recognise_text(first, " ");
	}
	if (span_left(first) == 0)
		return MORE;
	return islower(span_peek(first, 0)) || *first.at == ')'
		       ? recognise_text(first, "edit-pipeline ") != NO
				 ? recognise_text(first, "edit-pipeline ")
				 : recognise_text(first, "svndiff1 ")
		       : NO;
}

struct conversation {
	char url[256], client[NAME], mechanisms[256], mechanism[32], repository[256];
	uint8_t texts; /* of the client's greeting so far */
	uint32_t read[2];
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "url", state->url);
	emit_text(json, "client", state->client);
	emit_texts(json, "mechanisms", state->mechanisms);
	emit_text(json, "auth_mechanism", state->mechanism);
	emit_text(json, "repository", state->repository);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->read[SIDE_CLIENT] + state->read[SIDE_SERVER] > 0)
		parse_event(parse, state);
	state->told = true;
}

/* A word, a number, a bracket or a text; blanks part them. */
struct item {
	struct span text;
	bool is_text; /* with its length before it */
};

static enum verdict take_item(struct span *s, struct item *ret_item)
{
	struct span rest = *s, word, digits, behind;
	uint64_t length;

	while (span_left(rest) > 0 && (*rest.at == ' ' || *rest.at == '\n'))
		span_skip(&rest, 1);
	word = rest;
	while (span_left(rest) > 0 && *rest.at != ' ' && *rest.at != '\n' && *rest.at != ':')
		span_skip(&rest, 1);
	word.end = rest.at;
	if (span_left(rest) == 0)
		return span_left(word) < WORD_MOST ? MORE : NO;
	digits = word;
	behind = rest;
	*ret_item = (struct item){ .text = word };
	if (span_u8(&behind) == ':' && span_number(digits, UINT32_MAX, &length)) {
		ret_item->is_text = true;
		ret_item->text = span_take(&behind, length);
		if (behind.failed)
			return length < FIRST_MOST ? MORE : NO;
		rest = behind;
	} else if (*rest.at == ':') {
		return NO;
	}
	*s = rest;
	return YES;
}

/* The client's greeting: its capabilities, and then the address and what it is. Behind it, how it logs in. */
static void read_client_item(struct conversation *state, struct parse *parse, const struct item *item)
{
	if (item->is_text && state->texts == 0) {
		span_copy_text(item->text, state->url, sizeof(state->url));
		state->texts++;
	} else if (item->is_text && state->texts == 1) {
		struct span version = item->text, name = span_until(&version, '/');

		span_copy_text(item->text, state->client, sizeof(state->client));
		if (!name.failed)
			parse_software(parse, SIDE_CLIENT, span_text("Subversion"), text_version(version));
		state->texts++;
	} else if (!item->is_text && state->texts > 0 && state->mechanism[0] == '\0' &&
		   span_left(item->text) > 1 && isupper(*item->text.at)) {
		span_copy_text(item->text, state->mechanism, sizeof(state->mechanism));
	}
}

static void read_server_item(struct conversation *state, const struct item *item)
{
	static const char *const known[] = { "ANONYMOUS", "CRAM-MD5",   "EXTERNAL",
					     "PLAIN",     "DIGEST-MD5", "GSSAPI" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!item->is_text && span_is(item->text, known[i]))
			(void)texts_add(state->mechanisms, sizeof(state->mechanisms), item->text);
	if (item->is_text && span_begins(item->text, "svn://"))
		span_copy_text(item->text, state->repository, sizeof(state->repository));
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && whole == YES && state->read[parse->side] < FIRST_MOST) {
		const uint8_t *const before = bytes->at;
		struct item item;

		whole = take_item(bytes, &item);
		state->read[parse->side] += (uint32_t)(bytes->at - before);
		if (whole == YES && parse->side == SIDE_CLIENT)
			read_client_item(state, parse, &item);
		else if (whole == YES)
			read_server_item(state, &item);
	}
	if (whole == MORE)
		return PARSE_ON;
	if (whole == NO && state->url[0] == '\0' && state->mechanisms[0] == '\0')
		return PARSE_BROKEN;
	if (state->read[parse->side] < FIRST_MOST && whole == YES)
		return PARSE_ON;
	end(state, parse); /* what follows is revisions and files */
	return PARSE_DONE;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_svn = {
	.name = "svn",
	.title = "Subversion",
	DOORS(TCP(3690)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
};
