/* redis.c: RESP, the protocol of Redis and of its descendants Valkey, KeyDB and Dragonfly. Redis
 * documentation, "Redis serialization protocol specification", versions 2 and 3.
 *
 * A value is a letter, a number or text, and CR LF. Clients send an array of strings, the first of which is a
 * command. Short words of it are words of others as well: "+OK" of POP3 and NATS, "-ERR" of POP3, "PING" of
 * NATS and IRC; they are never enough. */
#include "protocols/redis.h"

#include <ctype.h>

enum { LINE_MOST = 512, INFO_LEAST = 32, COMMAND_MOST = 32 };

/* ---- recognising ---- */

enum verdict redis_read_number(struct span *s, char letter, uint64_t most, uint64_t *ret_number)
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

/* "*-1": an array that is null. Servers take any count below zero for it. */
static enum verdict recognise_null(struct span first)
{
	const enum verdict begins = recognise_text(first, "*-");
	struct span rest = first;
	uint64_t number = 0;

	if (begins == NO || span_left(first) <= strlen("*-"))
		return begins == NO ? NO : MORE;
	span_skip(&rest, 1);
	return redis_read_number(&rest, '-', REDIS_COUNT_MOST, &number);
}

/* "*2 $4 INFO $6 server": an array of strings that begins with the name of a command. */
static enum verdict recognise_client(struct span first)
{
	uint64_t count = 0, length = 0;
	enum verdict verdict = recognise_null(first);

	if (verdict == YES || (verdict == MORE && span_left(first) > 1))
		return verdict;
	verdict = redis_read_number(&first, '*', REDIS_COUNT_MOST, &count);
	if (verdict == YES)
		verdict = count > 0 ? redis_read_number(&first, '$', COMMAND_MOST, &length) : NO;
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
	const enum verdict verdict = redis_read_number(&first, '$', REDIS_BULK_MOST, &length);

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

	if (redis_read_number(&first, letter, REDIS_COUNT_MOST, &count) != YES)
		return redis_read_number(&first, letter, REDIS_COUNT_MOST, &count);
	for (const char *value = values; *value != '\0' && best != YES; value++) {
		struct span s = first;
		const enum verdict verdict = redis_read_number(&s, *value, UINT32_MAX, &count);

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
	case ':': return redis_read_number(&first, ':', UINT32_MAX, &number);
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

enum verdict redis_recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_stream) : NO;
}

/* ---- what a server tells of itself ---- */

struct redis_info redis_read_info(struct span text)
{
	struct redis_info info = { .os = span_of(NULL, 0) };
	const struct {
		const char *line;
		struct span *fact;
	} facts[] = {
		{ "redis_version:", &info.redis_version },
		{ "redis_mode:", &info.mode },
		{ "server_mode:", &info.mode },
		{ "os:", &info.os },
		{ "executable:", &info.executable },
		{ "valkey_version:", &info.valkey_version },
		{ "dragonfly_version:df-v", &info.dragonfly_version },
	};

	while (span_left(text) > 0) {
		struct span line = span_line(&text);

		if (line.failed)
			break;
		for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
			if (span_begins(line, facts[i].line)) {
				span_skip(&line, strlen(facts[i].line));
				*facts[i].fact = line;
				break;
			}
	}
	return info;
}

bool redis_product(const struct redis_info *info, const char **ret_product, struct span *ret_version)
{
	const struct {
		struct span version;
		const char *product;
	} versions[] = {
		{ info->dragonfly_version, "Dragonfly" },
		{ info->valkey_version, "Valkey" },
		{ info->redis_version,
		  span_find(info->executable, "keydb-server") != SIZE_MAX ? "KeyDB" : "Redis" },
	};

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		if (span_left(versions[i].version) == 0)
			continue;
		*ret_product = versions[i].product;
		*ret_version = versions[i].version;
		return true;
	}
	return false;
}

const struct weakness redis_no_auth = {
	"redis-no-auth",
	"Redis answers everybody without a password",
	1,
	"set a password (requirepass, or users with ACL) and bind the server to the addresses that need it",
};

const struct weakness redis_clear_login = {
	"redis-clear-login",
	"Redis takes passwords in the clear",
	2,
	"take logins only under TLS (tls-port, and port 0), or on addresses of this host alone",
};
static const struct weakness *const weaknesses[] = { &redis_no_auth, &redis_clear_login, NULL };

const struct protocol protocol_redis = {
	.name = "redis",
	.title = "Redis",
	DOORS(TCP(6379)),
	.privacy = PRIVACY_CLEAR,
	.recognise = redis_recognise,
	.parser = &redis_parser,
	.probe = &redis_probe,
	.probe_state_size = REDIS_PROBE_STATE,
	.weaknesses = weaknesses,
};
