/* git.c: git's own transport, gitprotocol-pack(5) and gitprotocol-v2(5): lines with four hexadecimal digits
 * of length before them, the first of which asks for a service of a repository. */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <ctype.h>

enum { LENGTH = 4, LINE_MOST = 65520, HASH = 40 };

/* The length counts its own digits; 0 to 3 are marks without content. MORE while digits are missing. */
static enum verdict take_length(struct span *s, unsigned *ret_length)
{
	unsigned length = 0;

	for (size_t i = 0; i < LENGTH; i++) {
		const uint8_t c = span_peek(*s, i);

		if (i == span_left(*s))
			return MORE;
		if (!isxdigit(c) || isupper(c))
			return NO;
		length = length << 4 | (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	if (length == LENGTH || length > LINE_MOST)
		return NO;
	*ret_length = length;
	span_skip(s, LENGTH);
	return YES;
}

static enum verdict recognise_request(struct span first)
{
	static const char *const services[] = { "git-upload-pack /", "git-receive-pack /",
						"git-upload-archive /" };
	enum verdict best = NO, whole;
	unsigned length;

	whole = take_length(&first, &length);
	if (whole != YES)
		return whole;
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		const enum verdict verdict = recognise_text(first, services[i]);

		best = verdict > best ? verdict : best;
	}
	return best;
}

/* "version 2", or a hash and the name of a reference. */
static enum verdict recognise_answer(struct span first)
{
	enum verdict whole;
	unsigned length;

	whole = take_length(&first, &length);
	if (whole != YES)
		return whole;
	if (span_left(first) == 0)
		return MORE;
	if (span_peek(first, 0) == 'v')
		return recognise_text(first, "version ");
	if (span_peek(first, 0) == 'E')
		return recognise_text(first, "ERR ");
	if (length < LENGTH + HASH + 2)
		return NO;
	for (size_t i = 0; i < HASH; i++) {
		if (i == span_left(first))
			return MORE;
		if (!isxdigit(first.at[i]) || isupper(first.at[i]))
			return NO;
	}
	span_skip(&first, HASH);
	return recognise_text(first, " HEAD") > recognise_text(first, " refs/")
		       ? recognise_text(first, " HEAD")
	       : recognise_text(first, " refs/") > recognise_text(first, " capabilities^{}")
		       ? recognise_text(first, " refs/")
		       : recognise_text(first, " capabilities^{}");
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_request(first) : recognise_answer(first);
}

/* ---- reading ---- */

struct conversation {
	char service[24], path[256], host[128], version[8], agents[2][64], error[128];
	uint32_t references;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "service", state->service);
	emit_text(json, "path", state->path);
	emit_text(json, "host", state->host);
	emit_text(json, "version", state->version);
	emit_text(json, "client_agent", state->agents[SIDE_CLIENT]);
	emit_text(json, "server_agent", state->agents[SIDE_SERVER]);
	json_unsigned(json, "references", state->references);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->service[0] != '\0' || state->references > 0 || state->error[0] != '\0'))
		parse_event(parse, state);
	state->told = true;
}

/* "git-upload-pack /project.git", NUL, "host=example.com", NUL, NUL, "version=2", NUL. */
static void read_request(struct conversation *state, struct span line)
{
	struct span request = span_until(&line, '\0'), part;

	if (line.failed)
		request = line;
	span_copy_text(text_word(&request), state->service, sizeof(state->service));
	span_copy_text(text_trim(request), state->path, sizeof(state->path));
	while (part = span_until(&line, '\0'), !part.failed) {
		if (span_begins(part, "host="))
			span_copy_text(span_of(part.at + 5, span_left(part) - 5), state->host,
				       sizeof(state->host));
		else if (span_begins(part, "version="))
			span_copy_text(span_of(part.at + 8, span_left(part) - 8), state->version,
				       sizeof(state->version));
	}
}

/* "agent=git/2.39.2" among other capabilities. */
static void read_agent(struct conversation *state, struct parse *parse, struct span line)
{
	const size_t at = span_find(line, "agent=git/");
	struct span agent, version;

	if (at == SIZE_MAX || state->agents[parse->side][0] != '\0')
		return;
	span_skip(&line, at + strlen("agent="));
	agent = text_word(&line);
	span_copy_text(agent, state->agents[parse->side], sizeof(state->agents[parse->side]));
	version = agent;
	span_skip(&version, strlen("git/"));
	parse_software(parse, parse->side, span_text("git"), version);
}

static void read_line(struct conversation *state, struct parse *parse, struct span line)
{
	read_agent(state, parse, line);
	if (parse->side == SIDE_CLIENT) {
		if (state->service[0] == '\0' && span_begins(line, "git-"))
			read_request(state, line);
	} else if (span_begins(line, "ERR ")) {
		span_skip(&line, strlen("ERR "));
		span_copy_text(text_trim(line), state->error, sizeof(state->error));
	} else if (span_find(line, " refs/") != SIZE_MAX) {
		state->references++;
	}
}

/* The objects themselves come without lines, or on a side band: then all is known. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0) {
		struct span rest = *bytes;
		unsigned length;
		const enum verdict whole = take_length(&rest, &length);

		if (whole == MORE)
			return PARSE_ON;
		if (whole == NO) {
			end(state, parse);
			return state->service[0] != '\0' || state->references > 0 ? PARSE_DONE : PARSE_BROKEN;
		}
		if (length > LENGTH) {
			struct span line = span_take(&rest, length - LENGTH);

			if (rest.failed) {
				parse_want(parse, length);
				return PARSE_ON;
			}
			if (span_begins(line, "packfile") || span_peek(line, 0) <= 3) {
				end(state, parse);
				return PARSE_DONE;
			}
			read_line(state, parse, line);
		}
		*bytes = rest;
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_git = {
	.name = "git",
	.title = "git",
	DOORS(TCP(9418)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &git_probe,
};
