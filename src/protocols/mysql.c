/* mysql.c: the client/server protocol of MySQL and MariaDB over TCP. MySQL Internals "Client/Server Protocol"
 * (HandshakeV10, HandshakeResponse41, SSLRequest, ERR_Packet); MariaDB documents the same with its own flags.
 *
 * A packet is a length (24 bits, little-endian), a sequence number and the payload. The server speaks first.
 * Its greeting tells all that can be known without a login, so that the probe only listens. The X protocol on
 * port 33060 is another one. */
#include "protocols/mysql.h"

#include <ctype.h>

enum {
	ERROR_LEAST = 1000, /* what servers send; clients make up those from 2000 */
	ERROR_MOST = 5000,
	GREETING_MOST = 1024,
	RESPONSE_MOST = 64 * 1024,
	VERSION_MOST = 128,
};

/* False while the header is not there. */
bool mysql_read_packet(struct span s, struct mysql_packet *packet)
{
	packet->length = span_u24_le(&s);
	packet->sequence = span_u8(&s);
	packet->cut = packet->length > span_left(s);
	packet->payload = span_take(&s, packet->cut ? span_left(s) : packet->length);
	return !s.failed;
}

static bool is_printable(struct span text)
{
	while (span_left(text) > 0)
		if (!isprint(span_u8(&text)))
			return false;
	return true;
}

/* ---- what the two sides say first ---- */

/* HandshakeV10. False if it breaks a rule; the payload fails if it is cut short. */
bool mysql_read_greeting(struct span *payload, struct mysql_greeting *greeting)
{
	const uint8_t protocol = span_u8(payload);
	uint8_t filler, scramble;

	*greeting = (struct mysql_greeting){ .version = span_until(payload, 0), .plugin = span_of(NULL, 0) };
	span_skip(payload, 4 + 8); /* connection id, first part of the scramble */
	filler = span_u8(payload);
	greeting->capabilities = span_u16_le(payload);
	if (protocol != MYSQL_PROTOCOL_10 || filler != 0)
		return false;
	if (!payload->failed && span_left(*payload) == 0)
		return true; /* before 4.1 */
	greeting->charset = span_u8(payload);
	span_skip(payload, 2); /* status */
	greeting->capabilities |= (uint32_t)span_u16_le(payload) << 16;
	scramble = span_u8(payload);
	span_skip(payload, 10); /* reserved; MariaDB keeps more capabilities there */
	if (greeting->capabilities & MYSQL_SECURE_CONNECTION)
		span_skip(payload, scramble > 8 + 13 ? scramble - 8u : 13u);
	if (greeting->capabilities & MYSQL_PLUGIN_AUTH && !payload->failed)
		greeting->plugin = span_until(payload, 0);
	return true;
}

/* A version is text that begins with a digit. */
static bool version_is_plausible(struct span version)
{
	return isdigit(span_peek(version, 0)) && is_printable(version) && span_left(version) < VERSION_MOST;
}

static enum verdict recognise_greeting(struct mysql_packet packet)
{
	struct mysql_greeting greeting;
	bool good;

	if (packet.length > GREETING_MOST || packet.length < 16)
		return NO;
	if (span_left(packet.payload) > 1 && !isdigit(span_peek(packet.payload, 1)))
		return NO;
	if (packet.cut)
		return MORE;
	good = mysql_read_greeting(&packet.payload, &greeting) && !packet.payload.failed;
	return good && version_is_plausible(greeting.version) ? YES : NO;
}

/* ERR_Packet: sent instead of a greeting to a host that may not connect. "#" and a state came with 4.1. */
static enum verdict recognise_error(struct mysql_packet packet)
{
	struct span s = packet.payload;
	uint16_t code;

	span_skip(&s, 1);
	code = span_u16_le(&s);
	if (packet.length < 8 || packet.length > 512)
		return NO;
	if (s.failed)
		return MORE;
	if (code < ERROR_LEAST || code >= ERROR_MOST || !is_printable(s))
		return NO;
	return packet.cut ? MORE : YES;
}

static enum verdict recognise_server(struct mysql_packet packet)
{
	if (packet.sequence != 0)
		return NO;
	if (span_left(packet.payload) == 0)
		return packet.length > 0 ? MORE : NO;
	switch (span_peek(packet.payload, 0)) {
	case MYSQL_PROTOCOL_10: return recognise_greeting(packet);
	case MYSQL_ERROR: return recognise_error(packet);
	default: return NO;
	}
}

/* SSLRequest, or HandshakeResponse41 which goes on with the user's name. 19 octets in the middle are zero. */
static enum verdict recognise_client(struct mysql_packet packet)
{
	const uint32_t needed = MYSQL_PROTOCOL_41 | MYSQL_SECURE_CONNECTION;
	struct span s = packet.payload, zeros;
	uint32_t capabilities, most;
	uint8_t charset;
	bool zero = true;

	if (packet.sequence != 1 || packet.length < MYSQL_TLS_REQUEST || packet.length > RESPONSE_MOST)
		return NO;
	capabilities = span_u32_le(&s);
	most = span_u32_le(&s);
	charset = span_u8(&s);
	zeros = span_take(&s, 19);
	span_skip(&s, 4); /* zero, or more capabilities of MariaDB */
	if (s.failed)
		return MORE;
	while (span_left(zeros) > 0)
		zero = span_u8(&zeros) == 0 && zero;
	if (!zero || charset == 0 || (capabilities & needed) != needed || most > 1u << 30)
		return NO;
	if (packet.length == MYSQL_TLS_REQUEST)
		return capabilities & MYSQL_CAN_TLS ? YES : NO;
	if (span_left(s) == 0)
		return MORE;
	return span_peek(s, 0) == 0 || !iscntrl(span_peek(s, 0)) ? YES : NO; /* anonymous, or a name */
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct mysql_packet packet;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (!mysql_read_packet(first, &packet))
		return MORE;
	return side == SIDE_SERVER ? recognise_server(packet) : recognise_client(packet);
}

/* ---- hearing ---- */

const struct weakness mysql_old_password = {
	"mysql-old-password",
	"Passwords are checked with the method of MySQL before 4.1",
	2,
	"remove old_passwords and secure_auth = OFF from the server's configuration and set the passwords "
	"anew",
};

/* How servers name themselves in their version or in a refusal; MySQL itself only in refusals. Some stand in
 * for a version of MySQL and put their own behind their name. */
static const struct product {
	const char *names, *product;
	bool stands_in;
} products[] = {
	{ "MariaDB", "MariaDB", false },    { "Percona", "Percona Server", false },
	{ "TiDB", "TiDB", true },           { "Vitess", "Vitess", true },
	{ "OceanBase", "OceanBase", true }, { "MySQL", "MySQL", false },
	{ "-release (", "Sphinx", false },
};

static const struct product *product_in(struct span text)
{
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
		if (span_find(text, products[i].names) != SIZE_MAX)
			return &products[i];
	return NULL;
}

/* "5.5.5-" stands before the true version of a MariaDB for the sake of old replicas; "5.7.25-TiDB-v7.1.0" is
 * TiDB 7.1.0, "8.0.30-Vitess" tells no version of its own. */
static struct span version_of(struct span text, const struct product *product)
{
	size_t length = 0;

	if (product != NULL && product->stands_in)
		span_skip(&text,
			  span_find(text, "-v") == SIZE_MAX ? span_left(text) : span_find(text, "-v") + 2);
	else if (span_begins(text, "5.5.5-1"))
		span_skip(&text, strlen("5.5.5-"));
	while (isdigit(span_peek(text, length)) || span_peek(text, length) == '.')
		length++;
	return span_take(&text, length);
}

const char *mysql_product(const struct mysql_greeting *greeting, struct span *ret_version)
{
	const struct product *const product = product_in(greeting->version);

	*ret_version = version_of(greeting->version, product);
	if (product != NULL)
		return product->product;
	return greeting->capabilities & MYSQL_NOT_MARIADB ? "MySQL" : "MariaDB";
}

static void hear_greeting(struct span payload, struct answer *answer)
{
	struct mysql_greeting greeting;
	struct span version;
	const char *name;

	(void)mysql_read_greeting(&payload, &greeting);
	name = mysql_product(&greeting, &version);
	answer_product(answer, span_text(name), version);
	answer_fact(answer, "version", greeting.version);
	answer_fact(answer, "auth_plugin", greeting.plugin);
	answer->starttls = (greeting.capabilities & MYSQL_CAN_TLS) != 0;
	if ((greeting.capabilities & MYSQL_SECURE_CONNECTION) == 0 ||
	    span_is(greeting.plugin, "mysql_old_password"))
		answer_weakness(answer, &mysql_old_password, "the greeting asks for it");
}

static void hear_error(struct span payload, struct answer *answer)
{
	const struct product *const product = product_in(payload);
	uint16_t code;

	span_skip(&payload, 1);
	code = span_u16_le(&payload);
	if (span_peek(payload, 0) == '#')
		span_skip(&payload, 6);
	answer_fact_format(answer, "error_code", "%u", code);
	answer_fact(answer, "error_message", payload);
	if (product != NULL)
		answer_product(answer, span_text(product->product), span_text(""));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct mysql_packet packet;

	(void)state;
	(void)out;
	if (!mysql_read_packet(*heard, &packet))
		return ended ? PROBE_NOT : PROBE_WAIT;
	switch (recognise_server(packet)) {
	case NO: return PROBE_NOT;
	case MORE: return ended ? PROBE_NOT : PROBE_WAIT;
	default: break;
	}
	if (span_peek(packet.payload, 0) == MYSQL_PROTOCOL_10)
		hear_greeting(packet.payload, answer);
	else
		hear_error(packet.payload, answer);
	span_skip(heard, MYSQL_HEADER + packet.length);
	return PROBE_DONE;
}

/* SSLRequest: the fixed part of a client's first packet, which names nobody; TLS follows at once. */
static enum probe_step hear_tls(void *state, struct span *heard, bool ended, struct buffer *out)
{
	struct mysql_packet packet;
	struct mysql_greeting greeting;

	(void)state;
	if (!mysql_read_packet(*heard, &packet) || (packet.cut && !ended))
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (packet.cut || span_peek(packet.payload, 0) != MYSQL_PROTOCOL_10 ||
	    !mysql_read_greeting(&packet.payload, &greeting))
		return PROBE_NOT;
	span_skip(heard, MYSQL_HEADER + packet.length);
	buffer_u32_le(out, MYSQL_TLS_REQUEST | (packet.sequence + 1u) << 24);
	buffer_u32_le(out, MYSQL_PROTOCOL_41 | MYSQL_CAN_TLS | MYSQL_SECURE_CONNECTION);
	buffer_u32_le(out, RESPONSE_MOST);
	buffer_u8(out, greeting.charset);
	buffer_fill(out, 0, MYSQL_TLS_REQUEST - 9);
	return PROBE_DONE;
}

static const struct start_tls start_tls = { .hear = hear_tls };

static const struct weakness *const weaknesses[] = { &mysql_old_password, &mysql_clear_login, NULL };

static const struct probe probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
	.start_tls = &start_tls,
};

const struct protocol protocol_mysql = {
	.name = "mysql",
	.title = "MySQL and MariaDB",
	DOORS(TCP(3306)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &mysql_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
