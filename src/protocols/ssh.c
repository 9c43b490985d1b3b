/* ssh.c: Secure Shell. RFC 4253 (version exchange, binary packets, KEXINIT), RFC 9142 (which key exchanges
 * are still good), RFC 8758 (no RC4). The fingerprint of a server's offers is HASSH: the MD5 of its key
 * exchanges, ciphers, MACs and compressions. */
#include "base/digest.h"
#include "base/escape.h"
#include "protocols/text.h"

#include <fnmatch.h>

enum {
	NAME_LIMIT = 64,      /* RFC 4251 6 */
	VERSION_LIMIT = 255,  /* RFC 4253 4.2, with CR LF */
	BEFORE_LIMIT = 1024,  /* text that a server may send before its version */
	PACKET_LIMIT = 35000, /* RFC 4253 6.1 */
	COOKIE = 16,
	MSG_DISCONNECT = 1,
	MSG_KEXINIT = 20,
	DISCONNECT_BY_APPLICATION = 11,
};

/* The name-lists of KEXINIT in their order. */
enum list {
	KEX,
	HOST_KEY,
	CIPHER_IN,
	CIPHER_OUT,
	MAC_IN,
	MAC_OUT,
	COMPRESSION_IN,
	COMPRESSION_OUT,
	LISTS = 10,
};

struct state {
	bool versions_said;
};

static const struct weakness ssh_1 = {
	"ssh-1",
	"SSH protocol 1 is offered",
	1,
	"Allow protocol 2 only: protocol 1 is broken. Update the server, or set \"Protocol 2\" in "
	"sshd_config.",
};
static const struct weakness weak_kex = {
	"ssh-weak-kex",
	"SSH offers weak key exchanges",
	3,
	"Take them out of KexAlgorithms: those with SHA-1, and groups below 2048 bits (RFC 9142).",
};
static const struct weakness weak_cipher = {
	"ssh-weak-cipher",
	"SSH offers weak ciphers",
	3,
	"Take them out of Ciphers; keep the ctr and gcm modes of AES, and chacha20-poly1305.",
};
static const struct weakness weak_mac = {
	"ssh-weak-mac",
	"SSH offers weak message authentication",
	3,
	"Take them out of MACs; keep those with SHA-2, and umac-128.",
};
static const struct weakness weak_host_key = {
	"ssh-weak-host-key",
	"SSH offers weak host keys",
	3,
	"Take them out of HostKeyAlgorithms; use Ed25519, ECDSA or RSA with SHA-2.",
};
static const struct weakness terrapin = {
	"ssh-terrapin",
	"SSH packets can be cut off unseen (CVE-2023-48795)",
	3,
	"Update to a server with strict key exchange (OpenSSH 9.6, or its backport), or take out "
	"chacha20-poly1305.",
};
static const struct weakness *const weaknesses[] = { &ssh_1,         &weak_kex, &weak_cipher, &weak_mac,
						     &weak_host_key, &terrapin, NULL };

/* Patterns of names, as the shell matches them. */
static const char *const weak_kex_names[] = {
	"diffie-hellman-group1-*", "diffie-hellman-*-sha1", "rsa1024-*", "gss-*-sha1-*", NULL,
};
static const char *const weak_cipher_names[] = {
	"*-cbc", "*-cbc@*", "3des-*", "arcfour*", "blowfish-*", "cast128-*", "des-*", "none", NULL,
};
static const char *const weak_mac_names[] = { "hmac-md5*", "hmac-sha1-96*", "hmac-ripemd160*", "none", NULL };
static const char *const weak_host_key_names[] = { "ssh-dss*", "x509v3-sign-dss*", "pgp-sign-dss", NULL };

/* What a prefix of packets can be cut from unseen, unless both sides count packets strictly. */
static const char *const truncatable_names[] = { "chacha20-poly1305@openssh.com", NULL };
static const char *const strict_names[] = { "kex-strict-s-v00@openssh.com", NULL };

static const struct text_product products[] = {
	{ "OpenSSH", "OpenSSH" },
	{ "dropbear", "Dropbear" },
	{ "libssh", "libssh" },
	{ "Cisco", "Cisco SSH" },
	{ "ROSSSH", "MikroTik RouterOS" },
	{ "Sun_SSH", "SunSSH" },
	{ "mod_sftp", "ProFTPD mod_sftp" },
	{ "WeOnlyDo", "WeOnlyDo SSH" },
	{ "Bitvise", "Bitvise SSH Server" },
	{ "RomSShell", "RomSShell" },
	{ "Comware", "H3C Comware" },
	{ "HUAWEI", "Huawei SSH" },
	{ "paramiko", "Paramiko" },
	{ "AsyncSSH", "AsyncSSH" },
	{ "Twisted", "Twisted Conch" },
	{ "APACHE-SSHD", "Apache MINA SSHD" },
	{ "SSHD-CORE", "Apache MINA SSHD" },
	{ "tinyssh", "TinySSH" },
	{ "lancom", "LANCOM SSH" },
	{ "Serv-U", "Serv-U SSH" },
	{ "GoAnywhere", "GoAnywhere MFT" },
	{ "JSCAPE", "JSCAPE MFT" },
	{ "FortiSSH", "FortiSSH" },
	{ "CerberusFTPServer", "Cerberus FTP Server" },
	{ "Go", "Go x/crypto SSH" },
};

/* "SSH-" and the first digit of a protocol version that exists. */
static enum verdict begins_with_version(struct span s)
{
	static const char *const versions[] = { "SSH-2.", "SSH-1." };
	enum verdict best = NO;

	if (span_left(s) == 0)
		return NO;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		const enum verdict verdict = recognise_text(s, versions[i]);

		best = verdict > best ? verdict : best;
	}
	return best;
}

/* RFC 4253 4.2: a server may send lines of text first, none of which begins with "SSH-". */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict = begins_with_version(first);
	struct span rest = text_first(first, BEFORE_LIMIT);

	(void)transport;
	if (span_begins(first, "SSH-"))
		return verdict;
	while (verdict == NO && side == SIDE_SERVER && span_left(rest) > 0) {
		const struct span line = span_line(&rest);

		if (span_begins(line, "SSH-") || !text_is_plain(line.failed ? rest : line))
			return NO;
		if (line.failed)
			break;
		verdict = begins_with_version(rest);
	}
	if (verdict == NO && side == SIDE_SERVER)
		verdict = MORE;
	return verdict == MORE && span_left(first) >= BEFORE_LIMIT ? NO : verdict;
}

/* ---- the server's version ---- */

static void tell_product(struct answer *answer, struct span software)
{
	struct span name = software;

	if (text_tell_product(answer, software, products, sizeof(products) / sizeof(*products)))
		return;
	for (name.end = name.at; name.end < software.end && strchr("_-/", *name.end) == NULL; name.end++)
		;
	software.at = name.end;
	answer_product(answer, name, text_version(software));
}

/* "SSH-2.0-OpenSSH_9.2p1 Debian-2": protocol version, software version, comments. */
static bool read_version(struct span line, struct answer *answer)
{
	struct span protocol, software;

	span_skip(&line, strlen("SSH-"));
	protocol = span_until(&line, '-');
	software = text_word(&line);
	if (line.failed || span_left(software) == 0)
		return false;
	answer_fact(answer, "proto_version", protocol);
	answer_fact(answer, "software_version", software);
	answer_fact(answer, "comments", text_trim(line));
	tell_product(answer, software);
	if (span_begins(protocol, "1."))
		answer_weakness(answer, &ssh_1, "the server's version is SSH-%.*s", (int)span_left(protocol),
				(const char *)protocol.at);
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
			return span_left(*heard) > BEFORE_LIMIT ? PROBE_NOT : PROBE_WAIT;
		*heard = rest;
	} while (!span_begins(line, "SSH-"));
	if (span_left(line) > VERSION_LIMIT || !read_version(line, answer))
		return PROBE_NOT;
	if (span_begins(line, "SSH-1.") && !span_begins(line, "SSH-1.99"))
		return PROBE_DONE;
	buffer_text(out, "SSH-2.0-doorward\r\n");
	state->versions_said = true;
	return PROBE_WAIT;
}

/* ---- the server's offers ---- */

static bool is_among(struct span name, const char *const *weak)
{
	char text[NAME_LIMIT + 1];

	span_copy_text(name, text, sizeof(text));
	while (*weak != NULL && fnmatch(*weak, text, 0) != 0)
		weak++;
	return *weak != NULL;
}

/* Cuts the next name off a name-list. */
static struct span next_name(struct span *names)
{
	struct span rest = *names, name = span_until(&rest, ',');

	if (name.failed) {
		name = *names;
		rest = span_of(NULL, 0);
	}
	*names = rest;
	return name;
}

static void judge(struct answer *answer, const struct weakness *weakness, struct span names,
		  const char *const *weak)
{
	struct buffer found = buffer_new(FACT_VALUE - 1);

	while (span_left(names) > 0) {
		const struct span name = next_name(&names);

		if (is_among(name, weak)) {
			buffer_text(&found, found.length > 0 ? ", " : "");
			buffer_span(&found, name);
		}
	}
	if (found.length > 0)
		answer_weakness(answer, weakness, "%.*s", (int)found.length, (const char *)found.bytes);
	buffer_free(&found);
}

static void tell_hassh(struct answer *answer, const struct span lists[LISTS])
{
	struct buffer offers = buffer_new(PACKET_LIMIT);
	static const enum list parts[] = { KEX, CIPHER_OUT, MAC_OUT, COMPRESSION_OUT };
	uint8_t memory[DIGEST_MOST];
	char text[2 * DIGEST_MOST + 1];
	struct span hash;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		buffer_text(&offers, i > 0 ? ";" : "");
		buffer_span(&offers, lists[parts[i]]);
	}
	hash = digest(DIGEST_MD5, buffer_read(&offers), memory);
	if (!offers.failed && span_left(hash) > 0)
		answer_fact(answer, "hassh", span_text(hex_text(hash, 0, text, sizeof(text))));
	buffer_free(&offers);
}

static bool has_any(struct span names, const char *const *wanted)
{
	while (span_left(names) > 0)
		if (is_among(next_name(&names), wanted))
			return true;
	return false;
}

/* RFC 4253 7.1. */
static bool read_kexinit(struct span payload, struct answer *answer)
{
	struct span lists[LISTS];

	if (span_u8(&payload) != MSG_KEXINIT)
		return false;
	span_skip(&payload, COOKIE);
	for (size_t i = 0; i < LISTS; i++)
		lists[i] = span_take(&payload, span_u32(&payload));
	if (payload.failed)
		return false;
	answer_fact(answer, "kex_algorithms", lists[KEX]);
	answer_fact(answer, "host_key_algorithms", lists[HOST_KEY]);
	answer_fact(answer, "ciphers", lists[CIPHER_OUT]);
	answer_fact(answer, "macs", lists[MAC_OUT]);
	answer_fact(answer, "compression", lists[COMPRESSION_OUT]);
	tell_hassh(answer, lists);
	judge(answer, &weak_kex, lists[KEX], weak_kex_names);
	judge(answer, &weak_host_key, lists[HOST_KEY], weak_host_key_names);
	judge(answer, &weak_cipher, lists[CIPHER_OUT], weak_cipher_names);
	judge(answer, &weak_mac, lists[MAC_OUT], weak_mac_names);
	if (has_any(lists[CIPHER_OUT], truncatable_names) && !has_any(lists[KEX], strict_names))
		answer_weakness(answer, &terrapin, "chacha20-poly1305 without strict key exchange");
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

	if (rest.failed && length <= PACKET_LIMIT && !ended)
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

static const struct probe probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};

const struct protocol protocol_ssh = {
	.name = "ssh",
	.title = "Secure Shell",
	DOORS(TCP(22)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
	.weaknesses = weaknesses,
};
