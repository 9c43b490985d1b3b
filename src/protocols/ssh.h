/* ssh.h: what the files of SSH share: the version line of each side, and its offers. */
#ifndef PROTOCOLS_SSH_H
#define PROTOCOLS_SSH_H

#include "protocols/parse.h"
#include "protocols/text.h"

enum {
	SSH_VERSION = 255,  /* RFC 4253 4.2, with CR LF */
	SSH_BEFORE = 1024,  /* text that a server may send before its version */
	SSH_PACKET = 35000, /* RFC 4253 6.1 */
	SSH_HASSH = 33,     /* a text */
};

/* "SSH-2.0-OpenSSH_9.2p1 Debian-2". */
struct ssh_version {
	struct span protocol, software, comments;
};
bool ssh_read_version(struct span line, struct ssh_version *ret_version);
bool ssh_version_is_old(const struct ssh_version *version); /* offers protocol 1 */

/* How people call the program, and its version; a name that is not known is told as it is. */
void ssh_product(struct span software, struct span *ret_product, struct span *ret_version);

/* The messages that are not encrypted. */
enum {
	MSG_DISCONNECT = 1,
	MSG_KEXINIT = 20,
	MSG_NEWKEYS = 21,
	MSG_KEX_GROUP_OR_REPLY = 31, /* RFC 4253 8, RFC 5656 4; RFC 4419 3 */
	MSG_KEX_GEX_REPLY = 33,
};

/* The name-lists of KEXINIT in their order (RFC 4253 7.1); OUT: from the server. */
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
struct ssh_offers {
	struct span lists[LISTS];
};
bool ssh_read_offers(struct span kexinit, struct ssh_offers *ret_offers);

/* Cuts the next name off a name-list. */
struct span ssh_next_name(struct span *names);

/* What HASSH is the MD5 of: the key exchanges, ciphers, MACs and compressions that a side offers for what it
 * sends. The buffer must be empty. */
void ssh_hassh(const struct ssh_offers *offers, enum side side, struct buffer *ret_offered,
	       char text[static SSH_HASSH]);

/* Tells each weakness of a server's offers with its evidence. */
typedef void ssh_tell_weakness(void *context, const struct weakness *weakness, const char *evidence);
void ssh_judge(const struct ssh_offers *server, ssh_tell_weakness *tell, void *context);

extern const struct weakness ssh_1, ssh_weak_kex, ssh_weak_host_key;
extern const struct weakness *const ssh_weaknesses[];

enum { SSH_PROBE_STATE = 1 };
extern const struct probe ssh_probe;
extern const struct parser ssh_parser;

#endif
