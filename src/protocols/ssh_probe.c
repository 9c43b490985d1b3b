/* ssh_probe.c: what a server of SSH is asked: its version and its offers. */
#include "protocols/ssh.h"

enum { DISCONNECT_BY_APPLICATION = 11 };

struct state {
	bool versions_said;
};
_Static_assert(sizeof(struct state) <= SSH_PROBE_STATE, "state of the probe");

static bool read_version(struct span line, struct answer *answer)
{
	struct ssh_version version;
	struct span product, number;

	if (!ssh_read_version(line, &version))
		return false;
	answer_fact(answer, "proto_version", version.protocol);
	answer_fact(answer, "software_version", version.software);
	answer_fact(answer, "comments", version.comments);
	ssh_product(version.software, &product, &number);
	answer_product(answer, product, number);
	if (ssh_version_is_old(&version))
		answer_weakness(answer, &ssh_1, "the server's version is SSH-%.*s",
				(int)span_left(version.protocol), (const char *)version.protocol.at);
	return true;
}

/* Steps over lines before the version, and answers it. */
static enum probe_step hear_version(struct state *state, struct span *heard, struct buffer *out,
				    struct answer *answer)
{
	struct span line;

	do {
		struct span rest = *heard;

		line = span_line(&rest);
		if (line.failed)
			return span_left(*heard) > SSH_BEFORE ? PROBE_NOT : PROBE_WAIT;
		*heard = rest;
	} while (!span_begins(line, "SSH-"));
	if (span_left(line) > SSH_VERSION || !read_version(line, answer))
		return PROBE_NOT;
	if (span_begins(line, "SSH-1.") && !span_begins(line, "SSH-1.99"))
		return PROBE_DONE;
	buffer_text(out, "SSH-2.0-" PROBE_IDENTITY "\r\n");
	state->versions_said = true;
	return PROBE_WAIT;
}

static void tell_weakness(void *context, const struct weakness *weakness, const char *evidence)
{
	answer_weakness(context, weakness, "%s", evidence);
}

static bool read_kexinit(struct span payload, struct answer *answer)
{
	struct buffer offered = buffer_new(SSH_PACKET);
	char hassh[SSH_HASSH];
	struct ssh_offers offers;

	if (!ssh_read_offers(payload, &offers))
		return false;
	answer_fact(answer, "kex_algorithms", offers.lists[KEX]);
	answer_fact(answer, "host_key_algorithms", offers.lists[HOST_KEY]);
	answer_fact(answer, "ciphers", offers.lists[CIPHER_OUT]);
	answer_fact(answer, "macs", offers.lists[MAC_OUT]);
	answer_fact(answer, "compression", offers.lists[COMPRESSION_OUT]);
	ssh_hassh(&offers, SIDE_SERVER, &offered, hassh);
	answer_fact(answer, "hassh", span_text(hassh));
	ssh_judge(&offers, tell_weakness, answer);
	buffer_free(&offered);
	return true;
}

/* A goodbye in the clear, so that the server's log tells it from a connection that broke. RFC 4253 11.1 */
static void say_goodbye(struct buffer *out)
{
	static const char reason[] = "doorward has seen the offers";
	const size_t payload = 1 + 4 + 4 + strlen(reason) + 4, padding = 8 - (5 + payload) % 8 + 8;

	buffer_u32(out, (uint32_t)(1 + payload + padding));
	buffer_u8(out, (uint8_t)padding);
	buffer_u8(out, MSG_DISCONNECT);
	buffer_u32(out, DISCONNECT_BY_APPLICATION);
	buffer_u32(out, (uint32_t)strlen(reason));
	buffer_text(out, reason);
	buffer_u32(out, 0); /* no language */
	buffer_fill(out, 0, padding);
}

/* RFC 4253 6: length, length of padding, payload, padding. The first packet of each side is KEXINIT. */
static enum probe_step hear_offers(struct span *heard, bool ended, struct buffer *out, struct answer *answer)
{
	struct span rest = *heard;
	const uint32_t length = span_u32(&rest);
	struct span packet = span_take(&rest, length);
	const uint8_t padding = span_u8(&packet);

	if (rest.failed && length <= SSH_PACKET && !ended)
		return PROBE_WAIT;
	if (rest.failed)
		return PROBE_DONE; /* the version is answer enough */
	*heard = rest;
	if (padding < span_left(packet))
		packet.end -= padding;
	if (read_kexinit(packet, answer))
		say_goodbye(out);
	return PROBE_DONE;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	if (!state->versions_said) {
		const enum probe_step step = hear_version(state, heard, out, answer);

		if (!state->versions_said)
			return ended && step == PROBE_WAIT ? PROBE_NOT : step;
	}
	return hear_offers(heard, ended, out, answer);
}

const struct probe ssh_probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};
