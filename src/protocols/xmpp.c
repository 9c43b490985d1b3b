/* xmpp.c: Extensible Messaging and Presence Protocol. RFC 6120: streams of XML, STARTTLS (5), SASL (6). What
 * people say to each other is not read. */
#include "protocols/lines.h"
#include "protocols/probes.h"
#include "protocols/sasl.h"
#include "protocols/tls.h"

#include <ctype.h>
#include <stdio.h>

enum { FIRST_MOST = 1024, TAG_MOST = 8192, NAME = 128, MECHANISMS = 256, STANZAS = 3 };

const struct weakness xmpp_clear_login = {
	"xmpp-clear-login",
	"XMPP takes passwords in the clear",
	2,
	"Require encryption of clients: c2s_require_encryption in Prosody, starttls_required in ejabberd.",
};
static const struct weakness *const weaknesses[] = { &xmpp_clear_login, NULL };

/* ---- recognising ---- */

/* "<?xml version='1.0'?>" and then "<stream:stream", or that at once. Other XML says NO with its first tag.
 */
static enum verdict recognise_xml(struct span first)
{
	static const char declaration[] = "<?xml", opening[] = "<stream:stream";
	enum verdict verdict = recognise_text(first, declaration);

	if (verdict == YES) {
		(void)span_until(&first, '>');
		if (first.failed)
			return MORE;
		first = text_trim(first);
		if (span_left(first) == 0)
			return MORE;
		return recognise_text(first, opening);
	}
	return verdict == MORE ? MORE : recognise_text(first, opening);
}

/* RFC 6120 8.2.3: each has an id and one of four types. */
static bool is_query(struct span tag)
{
	static const char *const types[] = { "get", "set", "result", "error" };
	const size_t type = span_find(tag, " type=");

	if (!span_begins(tag, "<iq ") || type == SIZE_MAX || span_find(tag, " id=") == SIZE_MAX)
		return false;
	span_skip(&tag, type + strlen(" type='"));
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (span_begins(tag, types[i]))
			return true;
	return false;
}

/* In the middle of a stream: a stanza that names its ends, or the end of the stream. */
static enum verdict recognise_stanza(struct span first)
{
	static const char *const begins[] = { "<iq ", "<presence ", "<message ", "</stream:stream>" };
	enum verdict best = NO;
	struct span tag;

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins) && best != YES; i++) {
		const enum verdict verdict = recognise_text(first, begins[i]);

		best = verdict > best ? verdict : best;
	}
	if (best != YES || span_begins(first, "</"))
		return best;
	tag = span_until(&first, '>');
	if (first.failed)
		return MORE;
	if (is_query(tag))
		return YES;
	if (span_find(tag, " type=") == SIZE_MAX && span_find(tag, " id=") == SIZE_MAX &&
	    !span_begins(tag, "<presence"))
		return NO;
	return (span_find(tag, " to=") != SIZE_MAX || span_find(tag, " from=") != SIZE_MAX) &&
			       memchr(tag.at, '@', span_left(tag))
		       ? YES
		       : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict, stanza;

	(void)side;
	if (transport != TRANSPORT_TCP || span_peek(first, 0) != '<')
		return NO;
	verdict = recognise_xml(text_first(first, FIRST_MOST));
	stanza = recognise_stanza(text_first(first, FIRST_MOST));
	verdict = stanza > verdict ? stanza : verdict;
	return verdict == MORE && span_left(first) >= FIRST_MOST ? NO : verdict;
}

/* ---- reading ---- */

enum stanza { MESSAGE, PRESENCE, QUERY };

struct conversation {
	char to[NAME], from[NAME], version[8], name_space[32];
	char mechanisms[MECHANISMS]; /* texts */
	struct sasl auth;
	uint32_t stanzas[2][STANZAS];
	bool in_auth, in_mechanism, offers_tls, asked_tls, succeeded, failed, told;
	bool lost[2];
};

static void emit_stanzas(struct json *json, const char *key, const uint32_t stanzas[STANZAS])
{
	json_open_object(json, key);
	json_unsigned(json, "message", stanzas[MESSAGE]);
	json_unsigned(json, "presence", stanzas[PRESENCE]);
	json_unsigned(json, "iq", stanzas[QUERY]);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "to", state->to);
	emit_text(json, "from", state->from);
	emit_text(json, "version", state->version);
	emit_text(json, "namespace", state->name_space);
	emit_texts(json, "mechanisms", state->mechanisms);
	json_bool(json, "starttls", state->offers_tls);
	emit_text(json, "auth_mechanism", state->auth.mechanism);
	emit_text(json, "user", state->auth.user);
	if (state->succeeded || state->failed)
		json_bool(json, "authenticated", state->succeeded);
	emit_stanzas(json, "toserver", state->stanzas[SIDE_CLIENT]);
	emit_stanzas(json, "toclient", state->stanzas[SIDE_SERVER]);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

static enum parse_step start_tls(struct conversation *state, struct parse *parse)
{
	end(state, parse);
	parse_upgrade(parse, &protocol_tls);
	return PARSE_ON;
}

/* The value of an attribute, in quotes of either kind; empty without. */
static struct span attribute(struct span tag, const char *name)
{
	char wanted[24];
	size_t at;
	uint8_t quote;

	(void)snprintf(wanted, sizeof(wanted), " %s=", name);
	at = span_find(tag, wanted);
	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&tag, at + strlen(wanted));
	quote = span_u8(&tag);
	return quote == '"' || quote == '\'' ? span_until(&tag, quote) : span_of(NULL, 0);
}

static void keep(char *place, size_t size, struct span text)
{
	if (span_left(text) > 0 && !text.failed)
		span_copy_text(text, place, size);
}

static void count(struct conversation *state, enum side side, struct span name)
{
	state->stanzas[side][MESSAGE] += span_is(name, "message");
	state->stanzas[side][PRESENCE] += span_is(name, "presence");
	state->stanzas[side][QUERY] += span_is(name, "iq");
}

static void read_client_tag(struct conversation *state, struct span name, struct span tag)
{
	if (span_is(name, "stream:stream")) {
		keep(state->to, sizeof(state->to), attribute(tag, "to"));
		keep(state->version, sizeof(state->version), attribute(tag, "version"));
		keep(state->name_space, sizeof(state->name_space), attribute(tag, "xmlns"));
	} else if (span_is(name, "starttls")) {
		state->asked_tls = true;
	} else if (span_is(name, "auth")) {
		sasl_begin(&state->auth, attribute(tag, "mechanism"));
		state->in_auth = true;
	}
}

/* True where the server goes on with TLS. */
static bool read_server_tag(struct conversation *state, struct span name, struct span tag)
{
	if (span_is(name, "stream:stream"))
		keep(state->from, sizeof(state->from), attribute(tag, "from"));
	state->offers_tls = state->offers_tls || span_is(name, "starttls");
	state->succeeded = state->succeeded || span_is(name, "success");
	state->failed = state->failed || (span_is(name, "failure") && state->auth.mechanism[0] != '\0');
	state->in_mechanism = span_is(name, "mechanism");
	return span_is(name, "proceed");
}

static void read_text(struct conversation *state, struct parse *parse, struct span text)
{
	text = text_trim(text);
	if (parse->side == SIDE_SERVER && state->in_mechanism) {
		(void)texts_add(state->mechanisms, sizeof(state->mechanisms), text);
	} else if (parse->side == SIDE_CLIENT && state->in_auth && span_left(text) > 0) {
		sasl_response(&state->auth, text);
		if (sasl_is_clear(&state->auth))
			parse_weakness(parse, &xmpp_clear_login, "auth with %s by %s", state->auth.mechanism,
				       state->auth.user);
	}
}

/* A tag begins with a name, or is one of those that are no element's; what stands in it is text. */
static bool is_tag(struct span tag)
{
	const uint8_t first = span_peek(tag, 0);

	for (const uint8_t *at = tag.at; at < tag.end; at++)
		if (*at < ' ' && *at != '\t' && *at != '\r' && *at != '\n')
			return false;
	return isalpha(first) || first == '_' || first == ':' || first == '/' || first == '?' ||
	       first == '!' || first >= 0x80;
}

/* One tag, with the text that stood before it. */
static enum parse_step read_tag(struct conversation *state, struct parse *parse, struct span tag)
{
	struct span rest = tag, name = text_word(&rest);

	while (span_left(name) > 0 && name.end[-1] == '/')
		name.end--;
	if (span_peek(name, 0) == '?' || span_peek(name, 0) == '!')
		return PARSE_ON;
	count(state, parse->side, name);
	if (parse->side == SIDE_CLIENT) {
		state->in_auth = false;
		read_client_tag(state, name, tag);
	} else if (read_server_tag(state, name, tag)) {
		return start_tls(state, parse);
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum parse_step step = PARSE_ON;

	while (span_left(*bytes) > 0 && step == PARSE_ON && !parse->upgraded) {
		struct span rest = *bytes, text, tag;

		if (state->asked_tls && parse->side == SIDE_CLIENT && span_peek(rest, 0) == 0x16)
			return start_tls(state, parse);
		text = span_until(&rest, '<');
		tag = span_until(&rest, '>');
		if (rest.failed && span_left(*bytes) < TAG_MOST)
			return PARSE_ON;
		if (rest.failed) { /* a long text: nothing that is wanted */
			bytes->at = bytes->end;
			return PARSE_ON;
		}
		if (!state->lost[parse->side] && !is_tag(tag))
			return PARSE_BROKEN;
		*bytes = rest;
		if (!state->lost[parse->side])
			read_text(state, parse, text);
		state->lost[parse->side] = false;
		step = read_tag(state, parse, tag);
	}
	return step;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_xmpp = {
	.name = "xmpp",
	.title = "Extensible Messaging and Presence Protocol",
	DOORS(TCP(5222)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	ALPN("xmpp-client", "xmpp-server"),
	.parser = &parser,
	.probe = &xmpp_probe,
	.weaknesses = weaknesses,
};
