/* rpc_message.h: messages of ONC RPC (RFC 5531) and XDR (RFC 4506), which rpc.c and nfs.c share. */
#ifndef PROTOCOLS_RPC_MESSAGE_H
#define PROTOCOLS_RPC_MESSAGE_H

#include "protocols/tally.h"

enum {
	RPC_PORTMAP = 100000,
	RPC_NFS = 100003,
	RPC_MOUNT = 100005,
	RPC_NLM = 100021,
	RPC_NFS_CALLBACK = 0x40000000,
	RPC_RECORD_MOST = 1 << 22, /* bytes of a record */
	RPC_OPAQUE_MOST = 400,     /* bytes of a credential */
	RPC_AWAITED = 16,          /* calls that wait for their answers */
};

struct rpc_message {
	uint32_t xid;
	bool call;
	uint32_t program, version, procedure; /* of a call */
	uint32_t flavour;                     /* of its credential: 0 none, 1 system, 6 GSS */
	struct span machine;                  /* of AUTH_SYS */
	uint32_t uid, gid;
	bool denied;
	uint32_t status;  /* of an answer: accept_stat, or reject_stat where denied */
	struct span body; /* arguments or results */
};

/* Reads a message without its record mark. MORE: the bytes end inside the header. NO: it is none. */
enum verdict rpc_message_read(struct span s, struct rpc_message *ret_message);

/* Looks at first bytes: YES with the message when they are one; over TCP behind a record mark. A program is
 * looked for where `call` is wanted. */
enum verdict rpc_recognise(struct span first, unsigned transport, struct rpc_message *ret_message);

/* XDR: octets with their length before and filled to fours; of a length of at most `most`. */
struct span xdr_opaque(struct span *s, uint32_t most);

/* What is remembered of calls until their answers come. */
struct rpc_call {
	uint32_t xid, program, version, procedure, argument, argument2, argument3;
	bool waits;
};
struct rpc_calls {
	struct rpc_call calls[RPC_AWAITED];
	uint8_t next;
	bool goes_on[2]; /* by side: further fragments follow of a record that was taken as far as it is read
			  */
};

/* A record, or what is read of it: the first MESSAGE_MOST bytes. */
struct rpc_record {
	struct span bytes;
	uint8_t room[MESSAGE_MOST]; /* where fragments are put together */
};

/* Takes the next record off a stream, of however many fragments, or the datagram. */
enum verdict rpc_take(struct rpc_calls *calls, struct parse *parse, struct span *bytes,
		      struct rpc_record *ret_record);
struct rpc_call *rpc_remember(struct rpc_calls *calls, const struct rpc_message *message);
bool rpc_recall(struct rpc_calls *calls, uint32_t xid, struct rpc_call *ret_call);

/* Asks a server of NFS over TCP who it is; hears what it tells. */
void nfs_ask_who(struct buffer *out);
enum probe_step nfs_hear_who(struct span *heard, bool ended, struct answer *answer);

const char *rpc_flavour_text(uint32_t flavour);
const char *rpc_status_text(const struct rpc_message *message);

#endif
