/* redis.c: RESP, the protocol of Redis and of its descendants Valkey, KeyDB and Dragonfly. Redis
 * documentation, "Redis serialization protocol specification", versions 2 and 3.
 *
 * A value is a letter, a number or text, and CR LF. Clients send an array of strings, the first of which is a
 * command. Short words of it are words of others as well: "+OK" of POP3 and NATS, "-ERR" of POP3, "PING" of
 * NATS and IRC; they are never enough. */
#include "protocols/protocols.h"

#include <ctype.h>

enum {
	LINE_MOST = 512,
	INFO_LEAST = 32,
	COUNT_MOST = 1024 * 1024,
	COMMAND_MOST = 32,
	BULK_MOST = 512 * 1024 * 1024
};

/* ---- recognising ---- */

/* Reads a line that is a letter and a number; MORE while its end has not come. */
static enum verdict read_number(struct span *s, char letter, uint64_t most, uint64_t *ret_number)
{
	struct span line, rest = *s;

	if (span_left(rest) == 0)
		return MORE;
	if (span_u8(&rest) != (uint8_t)letter)
		return NO;
	line = rest;
	while (isdigit(span_peek(rest, 0)))
		span_skip(&rest, 1);
	line.end = rest.at;
	if (span_left(line) > 9)
		return NO;
	if (span_left(rest) < 2)
		return span_left(rest) == 0 || (span_peek(rest, 0) == '\r' && span_left(line) > 0) ? MORE
												   : NO;
	if (!span_begins(rest, "\r\n") || !span_number(line, most, ret_number))
		return NO;
	span_skip(&rest, 2);
	*s = rest;
	return YES;
}

/* "*2 $4 INFO $6 server": an array of strings that begins with the name of a command. */
static enum verdict recognise_client(struct span first)
{
	uint64_t count = 0, length = 0;
	enum verdict verdict = read_number(&first, '*', COUNT_MOST, &count);

	if (verdict == YES)
		verdict = count > 0 ? read_number(&first, '$', COMMAND_MOST, &length) : NO;
	if (verdict != YES)
		return verdict;
	if (length == 0)
		return NO;
	for (uint64_t i = 0; i < length; i++) {
		const uint8_t letter = span_u8(&first);

		if (first.failed)
			return MORE;
		if (!isalpha(letter) && letter != '.' && letter != '_' && letter != '-')
			return NO;
	}
	return recognise_text(first, "\r\n");
}

/* Errors that begin with a code of Redis' own. "-ERR" is common to many; with these words nobody else opens:
 * a server of POP3, which may say the same later, has greeted before. */
static enum verdict recognise_error(struct span first)
{
	static const char *const begins[] = {
		"-NOAUTH ",
		"-DENIED Redis",
		"-NOPERM ",
		"-WRONGPASS ",
		"-WRONGTYPE ",
		"-MOVED ",
		"-CLUSTERDOWN ",
		"-LOADING Redis",
		"-MASTERDOWN ",
		"-MISCONF Redis",
		"-READONLY You",
		"-NOSCRIPT ",
		"-NOPROTO ",
		"-ERR unknown command '",
		"-ERR unknown command `",
		"-ERR wrong number of arguments for '",
		"-ERR Protocol error: ",
		"-ERR operation not permitted\r\n",
	};
	enum verdict best = NO;

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]) && best != YES; i++) {
		const enum verdict verdict = recognise_text(first, begins[i]);

		best = verdict == NO ? best : verdict;
	}
	return best;
}

/* A string with its end. INFO, which is long, is known by its first words. */
static enum verdict recognise_string(struct span first)
{
	uint64_t length = 0;
	const enum verdict verdict = read_number(&first, '$', BULK_MOST, &length);

	if (verdict != YES)
		return verdict;
	if (length > INFO_LEAST &&
	    (span_begins(first, "# Server\r\n") || span_begins(first, "redis_version:")))
		return YES;
	if (span_left(first) < length)
		return MORE;
	span_skip(&first, length);
	return recognise_text(first, "\r\n");
}

/* An array, or a map of version 3: a number of values, of which the first begins. */
static enum verdict recognise_row(struct span first, char letter)
{
	static const char values[] = "$:*%";
	enum verdict best = NO;
	uint64_t count = 0;

	if (read_number(&first, letter, COUNT_MOST, &count) != YES)
		return read_number(&first, letter, COUNT_MOST, &count);
	for (const char *value = values; *value != '\0' && best != YES; value++) {
		struct span s = first;
		const enum verdict verdict = read_number(&s, *value, UINT32_MAX, &count);

		best = verdict == YES || best == NO ? verdict : best;
	}
	return best;
}

static enum verdict recognise_status(struct span first)
{
	static const char ok[] = "+OK\r\n";
	const enum verdict pong = recognise_text(first, "+PONG\r\n");
	const enum verdict verdict = recognise_text(first, ok);
	uint64_t number;

	if (pong != NO || verdict != YES)
		return pong != NO ? pong : verdict;
	span_skip(&first, sizeof(ok) - 1);
	switch (span_peek(first, 0)) {
	case '$': return recognise_string(first);
	case '*': return recognise_row(first, '*');
	case ':': return read_number(&first, ':', UINT32_MAX, &number);
	default: return span_left(first) == 0 ? MORE : NO;
	}
}

static enum verdict recognise_server(struct span first)
{
	const uint8_t letter = span_peek(first, 0);

	switch (letter) {
	case '+': return recognise_status(first);
	case '-': return recognise_error(first);
	case '$': {
		const enum verdict null = recognise_text(first, "$-1\r\n");

		return null != NO && (null == YES || span_left(first) > 1) ? null : recognise_string(first);
	}
	case '*':
	case '%': return recognise_row(first, (char)letter);
	default: return NO;
	}
}

static enum verdict recognise_stream(struct span first, enum side side)
{
	return side == SIDE_CLIENT ? recognise_client(first) : recognise_server(first);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_stream) : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n");
}

/* ---- hearing ---- */

static const struct weakness no_auth = {
	"redis-no-auth",
	"Redis answers everybody without a password",
	1,
	"set a password (requirepass, or users with ACL) and bind the server to the addresses that need it",
};

enum { REPLIES = 2 };

struct state {
	uint8_t replies;
};

static const struct {
	const char *line, *fact;
} facts[] = {
	{ "redis_version:", "redis_version" },
	{ "redis_mode:", "mode" },
	{ "server_mode:", "mode" },
	{ "os:", "os" },
	{ "executable:", "executable" },
	{ "valkey_version:", "valkey_version" },
	{ "dragonfly_version:df-v", "dragonfly_version" },
};

/* Descendants keep telling the version of Redis with which they agree, and their own beside it. */
static void tell_product(struct answer *answer)
{
	static const struct {
		const char *fact, *product;
	} versions[] = {
		{ "dragonfly_version", "Dragonfly" },
		{ "valkey_version", "Valkey" },
		{ "redis_version", "Redis" },
	};
	const char *const executable = answer_get(answer, "executable");
	const bool keydb = executable != NULL && strstr(executable, "keydb-server") != NULL;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const char *const version = answer_get(answer, versions[i].fact);

		if (version == NULL)
			continue;
		answer_product(answer, span_text(keydb ? "KeyDB" : versions[i].product), span_text(version));
		return;
	}
}

static void hear_info(struct span info, struct answer *answer)
{
	while (span_left(info) > 0) {
		struct span line = span_line(&info);

		if (line.failed)
			break;
		for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
			if (span_begins(line, facts[i].line)) {
				span_skip(&line, strlen(facts[i].line));
				answer_fact(answer, facts[i].fact, line);
				break;
			}
	}
	tell_product(answer);
	answer_weakness(answer, &no_auth, "INFO was answered without authentication");
}

static void hear_error(struct span line, struct answer *answer)
{
	span_skip(&line, 1);
	answer_fact(answer, "error", line);
	if (span_begins(line, "NOAUTH "))
		answer_fact(answer, "authentication", span_text("required"));
	else if (span_begins(line, "DENIED Redis"))
		answer_fact(answer, "protected_mode", span_text("true"));
}

/* Takes the next reply off what has come; false while it is not whole. */
static bool hear_reply(struct span *heard, struct answer *answer)
{
	struct span s = *heard;
	const struct span line = span_line(&s);
	uint64_t length = 0;

	if (line.failed)
		return false;
	if (span_peek(line, 0) == '-')
		hear_error(line, answer);
	s = *heard;
	if (read_number(&s, '$', BULK_MOST, &length) == YES) {
		const struct span text = span_take(&s, length);

		span_skip(&s, 2);
		if (s.failed)
			return false;
		hear_info(text, answer);
	} else {
		(void)span_line(&s);
	}
	*heard = s;
	return true;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	(void)out;
	if (state->replies == 0 && span_left(*heard) > 0) {
		const enum verdict verdict = recognise(*heard, SIDE_SERVER, TRANSPORT_TCP);

		if (verdict == NO)
			return PROBE_NOT;
		if (verdict == MORE)
			return ended ? PROBE_NOT : PROBE_WAIT;
	}
	while (state->replies < REPLIES && span_left(*heard) > 0 && hear_reply(heard, answer))
		state->replies++;
	if (state->replies == REPLIES || answer_get(answer, "protected_mode") != NULL)
		return PROBE_DONE;
	if (ended)
		return state->replies > 0 ? PROBE_DONE : PROBE_NOT;
	return PROBE_WAIT;
}

static const struct weakness *const weaknesses[] = { &no_auth, NULL };

static const struct probe probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_redis = {
	.name = "redis",
	.title = "Redis",
	DOORS(TCP(6379)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
	.weaknesses = weaknesses,
};
