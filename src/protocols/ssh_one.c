/* ssh_one.c: SSH protocol 1, draft-ylonen-ssh-protocol-00: packets have their length before them, padding
 * that fills them to eights, a type, and a checksum behind. */
#include "protocols/ssh_one.h"
#include "protocols/tally.h"

enum {
	PACKET_LEAST = 5, /* a type and the checksum */
	PACKET_MOST = 1 << 15,
	BLOCK = 8,
	COOKIE = 8,
	PUBLIC_KEY = 2,
	SESSION_KEY = 3,
};

static const struct code_name ciphers[] = {
	{ 0, "none" }, { 1, "idea" }, { 2, "des" },      { 3, "3des" },
	{ 4, "tss" },  { 5, "rc4" },  { 6, "blowfish" },
};
static const struct code_name authentications[] = {
	{ 1, "rhosts" },     { 2, "rsa" }, { 3, "password" },
	{ 4, "rhosts-rsa" }, { 5, "tis" }, { 6, "kerberos" },
};

/* Bits, and the octets that hold them. */
static void skip_number(struct span *s)
{
	const uint16_t bits = span_u16(s);

	span_skip(s, (bits + 7u) / 8);
}

/* The bits of a key, its exponent and its modulus. */
static uint32_t take_key(struct span *s)
{
	const uint32_t bits = span_u32(s);

	skip_number(s);
	skip_number(s);
	return bits;
}

static void read_public_key(struct ssh_one *one, struct span s)
{
	struct ssh_one read = { .cipher = one->cipher, .has_key = true };

	span_skip(&s, COOKIE);
	read.server_key_bits = take_key(&s);
	read.host_key_bits = take_key(&s);
	span_skip(&s, sizeof(uint32_t)); /* flags */
	read.ciphers = span_u32(&s);
	read.authentications = span_u32(&s);
	if (!s.failed)
		*one = read;
}

enum verdict ssh_one_read(struct ssh_one *one, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		struct span rest = *bytes, packet;
		const uint32_t length = span_u32(&rest), padding = BLOCK - length % BLOCK;
		uint8_t type;

		if (rest.failed)
			return MORE;
		if (length < PACKET_LEAST || length > PACKET_MOST)
			return NO;
		span_skip(&rest, padding);
		packet = span_take(&rest, length);
		if (rest.failed) {
			parse_want(parse, sizeof(length) + padding + length);
			return MORE;
		}
		*bytes = rest;
		type = span_u8(&packet);
		if (type == PUBLIC_KEY && parse->side == SIDE_SERVER)
			read_public_key(one, packet);
		if (type != SESSION_KEY || parse->side != SIDE_CLIENT)
			continue;
		one->cipher = span_u8(&packet) + 1;
		return YES;
	}
	return MORE;
}

static void emit_bits(struct json *json, const char *key, uint32_t bits, const struct code_name *names,
		      size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		if ((bits >> names[i].code & 1) != 0)
			json_text(json, NULL, names[i].name);
	json_end(json);
}

void ssh_one_emit(const struct ssh_one *one, struct json *json)
{
	if (!one->has_key && one->cipher == 0)
		return;
	json_open_object(json, "protocol_1");
	if (one->has_key) {
		json_unsigned(json, "server_key_bits", one->server_key_bits);
		json_unsigned(json, "host_key_bits", one->host_key_bits);
		emit_bits(json, "ciphers", one->ciphers, ciphers, sizeof(ciphers) / sizeof(*ciphers));
		emit_bits(json, "authentications", one->authentications, authentications,
			  sizeof(authentications) / sizeof(*authentications));
	}
	if (one->cipher > 0)
		json_text(json, "cipher", CODE_TEXT(ciphers, one->cipher - 1u));
	json_end(json);
}
