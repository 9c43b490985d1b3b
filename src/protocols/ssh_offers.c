/* ssh_offers.c: what a side of SSH offers in KEXINIT. RFC 4253 7.1, RFC 9142 (which key exchanges are still
 * good), RFC 8758 (no RC4). The fingerprint of offers is HASSH: the MD5 of key exchanges, ciphers, MACs and
 * compressions. */
#include "base/digest.h"
#include "base/escape.h"
#include "protocols/ssh.h"

enum {
	NAME_LIMIT = 64, /* RFC 4251 6 */
	COOKIE = 16,
};

const struct weakness ssh_1 = {
	"ssh-1",
	"SSH protocol 1 is offered",
	1,
	"Allow protocol 2 only: protocol 1 is broken. Update the server, or set \"Protocol 2\" in "
	"sshd_config.",
};
const struct weakness ssh_weak_kex = {
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
const struct weakness ssh_weak_host_key = {
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
const struct weakness *const ssh_weaknesses[] = { &ssh_1,    &ssh_weak_kex,      &weak_cipher,
						  &weak_mac, &ssh_weak_host_key, &terrapin,
						  NULL };

/* Patterns of names, in which an asterisk stands for any letters, or none. */
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

bool ssh_read_offers(struct span kexinit, struct ssh_offers *ret_offers)
{
	if (span_u8(&kexinit) != MSG_KEXINIT)
		return false;
	span_skip(&kexinit, COOKIE);
	for (size_t i = 0; i < LISTS; i++)
		ret_offers->lists[i] = span_take(&kexinit, span_u32(&kexinit));
	return !kexinit.failed;
}

struct span ssh_next_name(struct span *names)
{
	struct span rest = *names, name = span_until(&rest, ',');

	if (name.failed) {
		name = *names;
		rest = span_of(NULL, 0);
	}
	*names = rest;
	return name;
}

void ssh_hassh(const struct ssh_offers *offers, enum side side, struct buffer *ret_offered,
	       char text[static SSH_HASSH])
{
	static const enum list parts[][4] = {
		[SIDE_CLIENT] = { KEX, CIPHER_IN, MAC_IN, COMPRESSION_IN },
		[SIDE_SERVER] = { KEX, CIPHER_OUT, MAC_OUT, COMPRESSION_OUT },
	};
	uint8_t memory[DIGEST_MOST];

	for (size_t i = 0; i < 4; i++) {
		buffer_text(ret_offered, i > 0 ? ";" : "");
		buffer_span(ret_offered, offers->lists[parts[side][i]]);
	}
	text[0] = '\0';
	if (!ret_offered->failed)
		(void)hex_text(digest(DIGEST_MD5, buffer_read(ret_offered), memory), 0, text, SSH_HASSH);
}

/* ---- judging ---- */

/* An asterisk first stands for nothing, and for a letter more each time that what follows does not fit: only
 * the last one need be tried again. */
static bool fits(const char *pattern, const char *text)
{
	const char *behind = NULL, *taken = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			behind = ++pattern;
			taken = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (behind != NULL) {
			pattern = behind;
			text = ++taken;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool is_among(struct span name, const char *const *weak)
{
	char text[NAME_LIMIT + 1];

	span_copy_text(name, text, sizeof(text));
	while (*weak != NULL && !fits(*weak, text))
		weak++;
	return *weak != NULL;
}

static bool has_any(struct span names, const char *const *wanted)
{
	while (span_left(names) > 0)
		if (is_among(ssh_next_name(&names), wanted))
			return true;
	return false;
}

static void judge_names(struct span names, const char *const *weak, const struct weakness *weakness,
			ssh_tell_weakness *tell, void *context)
{
	struct buffer found = buffer_new(FACT_VALUE - 1);

	while (span_left(names) > 0) {
		const struct span name = ssh_next_name(&names);

		if (is_among(name, weak)) {
			buffer_text(&found, found.length > 0 ? ", " : "");
			buffer_span(&found, name);
		}
	}
	if (found.length > 0) {
		char evidence[FACT_VALUE];

		tell(context, weakness, span_copy_text(buffer_read(&found), evidence, sizeof(evidence)));
	}
	buffer_free(&found);
}

void ssh_judge(const struct ssh_offers *server, ssh_tell_weakness *tell, void *context)
{
	const struct span *const lists = server->lists;

	judge_names(lists[KEX], weak_kex_names, &ssh_weak_kex, tell, context);
	judge_names(lists[HOST_KEY], weak_host_key_names, &ssh_weak_host_key, tell, context);
	judge_names(lists[CIPHER_OUT], weak_cipher_names, &weak_cipher, tell, context);
	judge_names(lists[MAC_OUT], weak_mac_names, &weak_mac, tell, context);
	if (has_any(lists[CIPHER_OUT], truncatable_names) && !has_any(lists[KEX], strict_names))
		tell(context, &terrapin, "chacha20-poly1305 without strict key exchange");
}
