/* ssh.c: Secure Shell. RFC 4253 4.2 (version exchange). */
#include "protocols/ssh.h"

static const struct text_product products[] = {
	{ "OpenSSH", "OpenSSH" },
	{ "dropbear", "Dropbear" },
	{ "libssh", "libssh" },
	{ "ssh2js", "ssh2js" },
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
	{ "PuTTY_Release", "PuTTY" },
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
	struct span rest = text_first(first, SSH_BEFORE);

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
	return verdict == MORE && span_left(first) >= SSH_BEFORE ? NO : verdict;
}

/* ---- versions ---- */

bool ssh_read_version(struct span line, struct ssh_version *ret_version)
{
	span_skip(&line, strlen("SSH-"));
	ret_version->protocol = span_until(&line, '-');
	ret_version->software = text_word(&line);
	ret_version->comments = text_trim(line);
	return !line.failed && span_left(ret_version->software) > 0;
}

bool ssh_version_is_old(const struct ssh_version *version)
{
	return span_begins(version->protocol, "1.");
}

void ssh_product(struct span software, struct span *ret_product, struct span *ret_version)
{
	struct span name = software;

	if (text_product(software, products, sizeof(products) / sizeof(*products), ret_product, ret_version))
		return;
	for (name.end = name.at; name.end < software.end && strchr("_-/", *name.end) == NULL; name.end++)
		;
	software.at = name.end;
	*ret_product = name;
	*ret_version = text_version(software);
}

const struct protocol protocol_ssh = {
	.name = "ssh",
	.title = "Secure Shell",
	DOORS(TCP(22)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.parser = &ssh_parser,
	.probe = &ssh_probe,
	.probe_state_size = SSH_PROBE_STATE,
	.weaknesses = ssh_weaknesses,
};
