/* socks.c: SOCKS. RFC 1928 and RFC 1929 (version 5, names and passwords), "SOCKS 4" and "4A" of the NEC and
 * Permeo papers. Behind an agreement everything is somebody else's protocol. */
#include "protocols/socks.h"
#include "protocols/probes.h"
#include "protocols/text.h"

#include <ctype.h>

const struct weakness socks_clear_login = {
	"socks-clear-login",
	"SOCKS takes passwords in the clear",
	2,
	"Let clients come through TLS or a tunnel of SSH.",
};
const struct weakness socks_no_auth = {
	"socks-no-auth",
	"SOCKS lets everybody through without a password",
	2,
	"Ask for a name and a password, or bind it to the addresses that need it.",
};
static const struct weakness *const weaknesses[] = { &socks_clear_login, &socks_no_auth, NULL };

/* Whether a client may have offered it: each method once. */
static bool is_offered(struct span methods, uint8_t method)
{
	return memchr(methods.at, method, span_left(methods)) != NULL;
}

static bool is_each_once(struct span methods)
{
	for (; span_left(methods) > 0; methods.at++)
		if (memchr(methods.at + 1, *methods.at, span_left(methods) - 1) != NULL)
			return false;
	return true;
}

/* The octets of a port and an IPv4 address. What is made of small numbers alone is something else. */
static bool is_somewhere(struct span octets)
{
	enum { SMALL = 16 };

	while (span_left(octets) > 0 && *octets.at < SMALL)
		octets.at++;
	return span_left(octets) > 0;
}

static bool is_host_name(struct span s)
{
	const size_t length = span_left(s);

	while (span_left(s) > 0 && (isalnum(*s.at) || strchr(".-_:", *s.at) != NULL) && *s.at != '\0')
		s.at++;
	return length > 0 && span_left(s) == 0;
}

static bool is_zeros(struct span s)
{
	while (span_left(s) > 0 && *s.at == 0)
		s.at++;
	return span_left(s) == 0;
}

/* The kind, address and port of a request or an answer to one: of a host that there can be. Nowhere (zeros)
 * is said by servers, and by clients that will send datagrams. */
static bool is_plausible(struct span place, bool nowhere)
{
	const uint8_t type = span_u8(&place);
	struct span name;

	if (nowhere && is_zeros(place))
		return true;
	switch (type) {
	case SOCKS_TYPE_V4: return *place.at > 0 && *place.at < 224 && is_somewhere(place);
	case SOCKS_TYPE_V6:
		return *place.at >> 4 == 2 || *place.at >= 0xfc ||
		       (is_zeros(text_first(place, 10)) && is_somewhere(place));
	default:
		span_skip(&place, 1);
		name = text_first(place, span_left(place) - 2);
		return is_host_name(name);
	}
}

static enum verdict recognise_request(struct span s, uint8_t most, bool client)
{
	struct span rest = s, place;
	struct socks_target target;
	const enum verdict whole = socks_take_request(&rest, most, &target);

	if (whole != YES)
		return whole;
	if (client && (target.command == 0 || (target.port == 0 && target.command != SOCKS_ASSOCIATE)))
		return NO;
	place = span_of(s.at + 3, (size_t)(rest.at - s.at) - 3);
	/* Who refuses is bound nowhere, and nowhere is said in the shortest way: many zeros are anybody's. */
	if (!client && *place.at == SOCKS_TYPE_V6 &&
	    (target.command != 0 || is_zeros(text_first(span_of(place.at + 1, 16), 16))))
		return NO;
	return is_plausible(place, !client || target.command == SOCKS_ASSOCIATE) ? YES : NO;
}

/* RFC 1929 2: a name and a password of text, which are not looked at any further here. Both are told to be
 * some that people have, and not what any record with lengths holds: of a few letters, without blanks. */
static bool is_login(struct span user, struct span secret)
{
	enum { USER_LEAST = 3, SECRET_LEAST = 4 };

	for (const uint8_t *at = user.at; at < user.end; at++)
		if (!isalnum(*at) && strchr("._-@+\\", *at) == NULL)
			return false;
	for (const uint8_t *at = secret.at; at < secret.end; at++)
		if (!isgraph(*at))
			return false;
	return span_left(user) >= USER_LEAST && span_left(secret) >= SECRET_LEAST;
}

static enum verdict skip_password(struct span *s, bool *ret_login)
{
	struct span rest = *s, user, secret;

	span_skip(&rest, 1);
	user = span_take(&rest, span_u8(&rest));
	secret = span_take(&rest, span_u8(&rest));
	if (rest.failed)
		return MORE;
	*s = rest;
	*ret_login = is_login(user, secret);
	return span_left(user) > 0 && text_is_plain(user) && text_is_plain(secret) ? YES : NO;
}

/* RFC 1961 3: a token of the GSS-API begins with the tag 60. */
static enum verdict recognise_token(struct span s)
{
	static const uint8_t begins[] = { 1, 1 };

	for (size_t i = 0; i < sizeof(begins) && i < span_left(s); i++)
		if (s.at[i] != begins[i])
			return NO;
	if (span_left(s) < 5)
		return MORE;
	return s.at[4] == 0x60 ? YES : NO;
}

/* The first message is short: a request has to follow, or, where the login is refused and nothing does, a
 * login of several methods that were offered. */
static enum verdict recognise_client_5(struct span first)
{
	struct span methods = first;
	bool login = false;
	enum verdict whole = socks_take_methods(&first);

	if (whole != YES)
		return whole;
	methods = span_of(methods.at + 2, (size_t)(first.at - methods.at) - 2);
	if (!is_each_once(methods))
		return NO;
	if (span_left(first) == 0)
		return MORE;
	if (span_peek(first, 0) == SOCKS_VERSION_5)
		return is_offered(methods, SOCKS_METHOD_NONE) ? recognise_request(first, 3, true) : NO;
	if (is_offered(methods, SOCKS_METHOD_GSSAPI) && !is_offered(methods, SOCKS_METHOD_PASSWORD))
		return recognise_token(first);
	if (span_peek(first, 0) != 1 || !is_offered(methods, SOCKS_METHOD_PASSWORD))
		return NO;
	if (is_offered(methods, SOCKS_METHOD_GSSAPI) && recognise_token(first) != NO)
		return recognise_token(first);
	whole = skip_password(&first, &login);
	if (whole != YES)
		return whole;
	if (login && span_left(methods) > 1 && is_offered(methods, SOCKS_METHOD_NONE))
		return YES;
	return span_left(first) == 0 ? MORE : recognise_request(first, 3, true);
}

/* Ports that proxies are asked for again and again. */
static bool is_usual(uint16_t port)
{
	static const uint16_t usual[] = { 21,  22,  23,  25,  80,   110,  143, 443,
					  465, 587, 993, 995, 5222, 6667, 8080 };

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (usual[i] == port)
			return true;
	return false;
}

/* Version 4 has nothing that is fixed but its first octets and a zero: a name must tell, of the user or of
 * 4A's host, or a port that is often asked for. */
static enum verdict recognise_client_4(struct span first)
{
	enum { NAME_LEAST = 2 };
	const struct span place = text_first(first, 8);
	struct socks_target target = { 0 };
	struct span user;
	const enum verdict whole = socks_take_request_4(&first, &target, &user);

	if (whole != YES)
		return whole;
	for (const uint8_t *at = user.at; at < user.end; at++)
		if (!isgraph(*at))
			return NO;
	if (is_zeros(span_of(place.at + 4, 3)))
		return is_host_name(span_text(target.host)) ? YES : NO;
	if (!is_somewhere(span_of(place.at + 2, 6)))
		return NO;
	return span_left(user) >= NAME_LEAST || is_usual(target.port) ? YES : NO;
}

static enum verdict recognise_server(struct span first)
{
	static const uint8_t agreed[] = { 1, 0 };
	const uint8_t method = span_peek(first, 1);

	if (span_peek(first, 0) != SOCKS_VERSION_5)
		return NO;
	if (span_left(first) < 2)
		return MORE;
	if (method != SOCKS_METHOD_NONE && method != SOCKS_METHOD_PASSWORD)
		return NO;
	span_skip(&first, 2);
	for (size_t i = 0; method == SOCKS_METHOD_PASSWORD && i < sizeof(agreed) && span_left(first) > 0; i++)
		if (span_u8(&first) != agreed[i])
			return NO;
	return span_left(first) == 0 ? MORE : recognise_request(first, 8, false);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_SERVER)
		return recognise_server(first);
	return span_peek(first, 0) == SOCKS_VERSION_4 ? recognise_client_4(first) : recognise_client_5(first);
}

const struct protocol protocol_socks = {
	.name = "socks",
	.title = "SOCKS",
	DOORS(TCP(1080)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.secret_at = 4, /* behind the methods, or a port */
	.parser = &socks_parser,
	.probe = &socks_probe,
	.weaknesses = weaknesses,
};
