/* ssh_parse.c: SSH between two others, up to the packets that are encrypted: the versions, the offers of both
 * sides and what they agree on (RFC 4253 7.1), the server's host key (RFC 4253 8, RFC 4419 3, RFC 5656 4). */
#include "base/base64.h"
#include "base/digest.h"
#include "protocols/lines.h"
#include "protocols/ssh.h"
#include "protocols/ssh_one.h"
#include "protocols/ssh_session.h"

enum {
	ENCRYPTED_LIMIT = 4096, /* octets behind NEWKEYS while nothing of the other side is seen */
	TYPE_LIMIT = 64,
	FINGERPRINT = sizeof("SHA256:") + 43,
	MODULUS_LEAST = 2048, /* bits, of RSA and of groups (NIST SP 800-131A, RFC 9142) */
};

struct party {
	char version[SSH_VERSION + 1];
	struct span kexinit; /* kept */
	uint32_t encrypted;
	bool has_version, ready; /* ready: NEWKEYS was sent */
	bool lost;
};

struct conversation {
	struct party parties[2];
	char host_key[TYPE_LIMIT], fingerprint[FINGERPRINT];
	uint32_t host_key_bits, group_bits; /* of RSA; of the group that the server chose; 0: not told */
	struct ssh_one one;
	bool told, session_told;
	struct ssh_session session;
};

/* ---- telling ---- */

/* The first name of the client's list that the server has too. */
static struct span chosen(const struct ssh_offers offers[2], enum list list)
{
	struct span wanted = offers[SIDE_CLIENT].lists[list];

	while (span_left(wanted) > 0) {
		const struct span name = ssh_next_name(&wanted);
		struct span had = offers[SIDE_SERVER].lists[list];

		while (span_left(had) > 0) {
			const struct span other = ssh_next_name(&had);

			if (span_left(name) == span_left(other) &&
			    memcmp(name.at, other.at, span_left(name)) == 0)
				return name;
		}
	}
	return span_of(NULL, 0);
}

static void emit_hassh(struct json *json, const struct ssh_offers *offers, enum side side)
{
	struct buffer offered = buffer_new(SSH_PACKET);
	char hassh[SSH_HASSH];

	ssh_hassh(offers, side, &offered, hassh);
	json_open_object(json, "hassh");
	emit_text(json, "hash", hassh);
	json_span(json, "string", buffer_read(&offered));
	json_end(json);
	buffer_free(&offered);
}

static void emit_party(struct json *json, const char *key, const struct party *party, enum side side,
		       const struct ssh_offers *offers)
{
	struct ssh_version version;

	json_open_object(json, key);
	if (party->has_version && ssh_read_version(span_text(party->version), &version)) {
		json_span(json, "proto_version", version.protocol);
		json_span(json, "software_version", version.software);
		emit_span(json, "comments", version.comments);
	}
	if (span_left(party->kexinit) > 0)
		emit_hassh(json, offers, side);
	json_end(json);
}

static void emit_agreement(struct json *json, const struct ssh_offers offers[2])
{
	emit_span(json, "kex_algorithm", chosen(offers, KEX));
	emit_span(json, "host_key_algorithm", chosen(offers, HOST_KEY));
	emit_span(json, "cipher_toserver", chosen(offers, CIPHER_IN));
	emit_span(json, "cipher_toclient", chosen(offers, CIPHER_OUT));
	emit_span(json, "mac_toserver", chosen(offers, MAC_IN));
	emit_span(json, "mac_toclient", chosen(offers, MAC_OUT));
	emit_span(json, "compression_toserver", chosen(offers, COMPRESSION_IN));
	emit_span(json, "compression_toclient", chosen(offers, COMPRESSION_OUT));
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	struct ssh_offers offers[2] = { 0 };
	bool both = true;

	for (size_t side = 0; side < 2; side++)
		both = ssh_read_offers(state->parties[side].kexinit, &offers[side]) && both;
	emit_party(json, "client", &state->parties[SIDE_CLIENT], SIDE_CLIENT, &offers[SIDE_CLIENT]);
	emit_party(json, "server", &state->parties[SIDE_SERVER], SIDE_SERVER, &offers[SIDE_SERVER]);
	if (both)
		emit_agreement(json, offers);
	ssh_one_emit(&state->one, json);
	if (state->group_bits > 0)
		json_unsigned(json, "kex_group_bits", state->group_bits);
	if (state->host_key[0] != '\0') {
		json_open_object(json, "host_key");
		json_text(json, "type", state->host_key);
		emit_text(json, "fingerprint", state->fingerprint);
		if (state->host_key_bits > 0)
			json_unsigned(json, "bits", state->host_key_bits);
		json_end(json);
	}
}

static void tell(struct conversation *state, struct parse *parse)
{
	if (state->told || (!state->parties[0].has_version && !state->parties[1].has_version &&
			    span_left(state->parties[0].kexinit) + span_left(state->parties[1].kexinit) == 0))
		return;
	state->told = true;
	parse_event(parse, state);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	tell(state, parse);
	if (!state->session_told && ssh_session_kind(&state->session) != NULL)
		parse_event_as(parse, "ssh_session", ssh_session_emit, &state->session);
	state->session_told = true;
}

/* ---- reading ---- */

static bool read_version(struct party *party, struct parse *parse, struct span line)
{
	struct span product, number;
	struct ssh_version version;

	if (span_left(line) > SSH_VERSION || !ssh_read_version(line, &version))
		return false;
	party->has_version = true;
	span_copy_text(line, party->version, sizeof(party->version));
	ssh_product(version.software, &product, &number);
	parse_software(parse, parse->side, product, number);
	if (parse->side == SIDE_SERVER && ssh_version_is_old(&version))
		parse_weakness(parse, &ssh_1, "the server's version is SSH-%.*s",
			       (int)span_left(version.protocol), (const char *)version.protocol.at);
	return true;
}

/* A server may send lines of text before its version. */
static enum parse_step take_version(struct party *party, struct parse *parse, struct span *bytes)
{
	while (!party->has_version) {
		struct span rest = *bytes, line = span_line(&rest);

		if (line.failed)
			return span_left(*bytes) < SSH_BEFORE ? PARSE_ON : PARSE_BROKEN;
		if (span_begins(line, "SSH-") ? !read_version(party, parse, line)
					      : parse->side == SIDE_CLIENT || !text_is_plain(line))
			return PARSE_BROKEN;
		*bytes = rest;
	}
	return PARSE_ON;
}

static void tell_weakness(void *context, const struct weakness *weakness, const char *evidence)
{
	parse_weakness(context, weakness, "%s", evidence);
}

static void read_kexinit(struct party *party, struct parse *parse, struct span payload)
{
	struct ssh_offers offers;

	if (!ssh_read_offers(payload, &offers) || span_left(party->kexinit) > 0)
		return;
	party->kexinit = parse_keep(parse, payload);
	if (parse->side == SIDE_SERVER)
		ssh_judge(&offers, tell_weakness, parse);
}

/* Bits of a number as RFC 4251 5 writes it. */
static uint32_t number_bits(struct span number)
{
	while (span_left(number) > 0 && *number.at == 0)
		span_skip(&number, 1);
	if (span_left(number) == 0)
		return 0;
	return (uint32_t)span_left(number) * 8 - (uint32_t)__builtin_clz(*number.at) + 24;
}

/* RFC 4253 6.6: the type, and of RSA the exponent and the modulus. */
static void read_host_key(struct conversation *state, struct parse *parse, struct span key)
{
	struct span type, rest = key;
	uint8_t memory[DIGEST_MOST];

	type = span_take(&rest, span_u32(&rest));
	if (rest.failed || !text_is_plain(type) || state->host_key[0] != '\0')
		return;
	span_copy_text(type, state->host_key, sizeof(state->host_key));
	memcpy(state->fingerprint, "SHA256:", sizeof("SHA256:"));
	(void)base64_text(digest(DIGEST_SHA256, key, memory), state->fingerprint + strlen("SHA256:"),
			  sizeof(state->fingerprint) - strlen("SHA256:"));
	if (!span_is(type, "ssh-rsa"))
		return;
	span_skip(&rest, span_u32(&rest));
	state->host_key_bits = number_bits(span_take(&rest, span_u32(&rest)));
	if (state->host_key_bits > 0 && state->host_key_bits < MODULUS_LEAST)
		parse_weakness(parse, &ssh_weak_host_key, "an RSA key of %u bits", state->host_key_bits);
}

/* The server's second step: its host key, or with a group exchange first the group's prime. */
static void read_key_exchange(struct conversation *state, struct parse *parse, struct span payload)
{
	const uint8_t message = span_u8(&payload);
	const struct span first = span_take(&payload, span_u32(&payload));
	struct ssh_offers offers[2];
	bool group = false;

	if (first.failed)
		return;
	if (ssh_read_offers(state->parties[SIDE_CLIENT].kexinit, &offers[SIDE_CLIENT]) &&
	    ssh_read_offers(state->parties[SIDE_SERVER].kexinit, &offers[SIDE_SERVER]))
		group = span_begins(chosen(offers, KEX), "diffie-hellman-group-exchange-");
	if (message != MSG_KEX_GROUP_OR_REPLY || !group) {
		read_host_key(state, parse, first);
		return;
	}
	state->group_bits = number_bits(first);
	if (state->group_bits > 0 && state->group_bits < MODULUS_LEAST)
		parse_weakness(parse, &ssh_weak_kex, "a group of %u bits", state->group_bits);
}

static void read_packet(struct conversation *state, struct parse *parse, struct span payload)
{
	struct party *const party = &state->parties[parse->side];

	switch (span_peek(payload, 0)) {
	case MSG_KEXINIT: read_kexinit(party, parse, payload); break;
	case MSG_NEWKEYS: party->ready = span_left(payload) == 1; break;
	case MSG_KEX_GROUP_OR_REPLY:
	case MSG_KEX_GEX_REPLY:
		if (parse->side == SIDE_SERVER)
			read_key_exchange(state, parse, payload);
		break;
	default: break;
	}
}

/* RFC 4253 6: length, length of padding, payload, padding. False while it has not come whole. */
static enum verdict take_packet(struct parse *parse, struct span *bytes, struct span *ret_payload)
{
	struct span rest = *bytes;
	const uint32_t length = span_u32(&rest);
	struct span packet;
	uint8_t padding;

	if (rest.failed)
		return MORE;
	if (length < 2 || length > SSH_PACKET)
		return NO;
	packet = span_take(&rest, length);
	if (rest.failed) {
		parse_want(parse, sizeof(length) + length);
		return MORE;
	}
	padding = span_u8(&packet);
	if (padding >= span_left(packet))
		return NO;
	packet.end -= padding;
	*bytes = rest;
	*ret_payload = packet;
	return YES;
}

/* Behind NEWKEYS everything is encrypted, and the event is told; what the sizes and times of a while show of
 * the session is told as well. */
static enum parse_step pass(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct party *const party = &state->parties[parse->side];
	const size_t length = span_left(*bytes);

	party->encrypted += (uint32_t)(length < ENCRYPTED_LIMIT - party->encrypted
					       ? length
					       : ENCRYPTED_LIMIT - party->encrypted);
	bytes->at = bytes->end;
	if (!state->parties[!parse->side].ready && party->encrypted < ENCRYPTED_LIMIT)
		return PARSE_ON;
	tell(state, parse);
	if (parse->listened && state->parties[0].ready && state->parties[1].ready &&
	    ssh_session_hear(&state->session, parse->side, length, parse->time_ns))
		return PARSE_ON;
	end(state, parse);
	return PARSE_DONE;
}

static bool is_protocol_1(const struct party *party)
{
	return span_begins(span_text(party->version), "SSH-1.") &&
	       !span_begins(span_text(party->version), "SSH-1.99");
}

/* Who offers both is answered in the one that the other wants. */
static bool speaks_protocol_1(const struct conversation *state)
{
	return is_protocol_1(&state->parties[SIDE_CLIENT]) || is_protocol_1(&state->parties[SIDE_SERVER]);
}

/* One knows the old protocol only, the other the new one: they part, the server with a line of text. */
static bool have_no_protocol(const struct conversation *state)
{
	for (size_t side = 0; side < 2; side++)
		if (is_protocol_1(&state->parties[side]) &&
		    span_begins(span_text(state->parties[!side].version), "SSH-2."))
			return true;
	return false;
}

static enum parse_step read_protocol_1(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const enum verdict verdict = ssh_one_read(&state->one, parse, bytes);

	if (state->one.host_key_bits > 0 && state->one.host_key_bits < MODULUS_LEAST)
		parse_weakness(parse, &ssh_weak_host_key, "an RSA key of %u bits, of protocol 1",
			       state->one.host_key_bits);
	if (verdict == YES)
		end(state, parse);
	return verdict == YES ? PARSE_DONE : verdict == NO ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct party *const party = &state->parties[parse->side];
	enum verdict whole = YES;
	struct span payload;

	if (party->lost)
		return pass(state, parse, bytes);
	if (!party->has_version && (parse->from_start[parse->side] || span_begins(*bytes, "SSH-"))) {
		const enum parse_step step = take_version(party, parse, bytes);

		if (step != PARSE_ON || !party->has_version)
			return step;
	}
	if (have_no_protocol(state)) {
		bytes->at = bytes->end;
		end(state, parse);
		return PARSE_DONE;
	}
	if (speaks_protocol_1(state))
		return read_protocol_1(state, parse, bytes);
	while (!party->ready && whole == YES && span_left(*bytes) > 0) {
		whole = take_packet(parse, bytes, &payload);
		if (whole == YES)
			read_packet(state, parse, payload);
	}
	if (whole == NO)
		return PARSE_BROKEN;
	return party->ready ? pass(state, parse, bytes) : PARSE_ON;
}

/* Where the next packet begins is no longer known. */
static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->parties[parse->side].lost = true;
	return PARSE_ON;
}

const struct parser ssh_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};
