/* smb_parse.h: what the readers of the two dialects of SMB share: smb_parse.c keeps conversations and tells,
 * smb1_parse.c and smb2_parse.c read messages. */
#ifndef PROTOCOLS_SMB_PARSE_H
#define PROTOCOLS_SMB_PARSE_H

#include "protocols/netbios.h"
#include "protocols/ntlmssp.h"
#include "protocols/parse.h"
#include "protocols/smb.h"

enum { SMB_PENDING = 8, SMB_TREES = 6, SMB_TEXT = 192, SMB_DIALECTS = 8, SMB_DIALECT = 24 };
enum { SMB_PIPES = 4, SMB_PIPE = 48, SMB_INTERFACES = 160, SMB_SEALED_SESSIONS = 4 };

enum smb_kind {
	SMB_NONE,
	SMB_NEGOTIATE,
	SMB_SESSION_SETUP,
	SMB_TREE_CONNECT,
	SMB_CREATE,
	SMB_BIND,
	SMB_SEALED, /* no request: messages that are encrypted */
};

/* A request that waits for its answer. */
struct smb_request {
	uint64_t id;
	uint16_t code; /* of its command; requests of a chain share an id */
	uint8_t kind;  /* enum smb_kind */
	uint32_t access, disposition;
	char text[SMB_TEXT];             /* share, file, or pipe */
	char interfaces[SMB_INTERFACES]; /* of DCE/RPC, that are asked for in a pipe
					    (lines.h, texts_add()) */
	const char *command;             /* as it is told */
};

/* A named pipe that is open. */
struct smb_pipe {
	uint64_t id;
	char name[SMB_PIPE];
};

struct smb_tree {
	uint32_t id;
	uint8_t type; /* as SMB 2 numbers them: 1 disk, 2 pipe, 3 printer; 0: unknown */
	char share[SMB_TEXT / 2];
};

struct smb_state {
	struct smb_request pending[SMB_PENDING];
	struct smb_tree trees[SMB_TREES];
	struct ntlmssp client, server; /* the last of each */
	struct smb_pipe pipes[SMB_PIPES];
	uint8_t next_request, next_tree, next_pipe, next_sealed;
	uint64_t sealed[SMB_SEALED_SESSIONS];     /* the last ones of which encrypted messages were told */
	char dialects[SMB_DIALECTS][SMB_DIALECT]; /* offered */
	uint8_t dialect_count;
	char dialect[SMB_DIALECT];
	char native_os[48], native_lm[48];
	char called[NETBIOS_TEXT], calling[NETBIOS_TEXT]; /* of the session of NetBIOS, if there is one */
	uint32_t told;
};

/* A request with its answer, as it is told. */
struct smb_record {
	const struct smb_state *state;
	const struct smb_request *request;
	const struct smb_tree *tree; /* or NULL */
	uint32_t status, tree_id;
	uint64_t session_id;
	uint32_t number;
	bool signing_required, signing, guest, anonymous, encrypted, unanswered;
	const char *cipher;
};

/* Remembers a request by its id and the code of its command; the oldest gives way. `command` is constant
 * text.
 */
struct smb_request *smb_request_new(struct smb_state *state, uint64_t id, uint16_t code, enum smb_kind kind,
				    const char *command);

/* The request that an answer belongs to, or NULL. */
struct smb_request *smb_request_of(struct smb_state *state, uint64_t id, uint16_t code);

/* All requests of this id; all that negotiate. */
void smb_forget(struct smb_state *state, uint64_t id);
void smb_forget_negotiation(struct smb_state *state);

struct smb_tree *smb_tree_new(struct smb_state *state, uint32_t id, uint8_t type, const char *share);
const struct smb_tree *smb_tree_of(const struct smb_state *state, uint32_t id);

/* A pipe that was opened; and what is written into one: where it asks for
 * interfaces of DCE/RPC, that is told with the answer. */
void smb_pipe_new(struct smb_state *state, uint64_t id, const char *name);
void smb_hear_pipe(struct smb_state *state, uint64_t request_id, uint16_t code, uint64_t pipe_id,
		   struct span data, const char *command);

/* What a security token says, by who sent it. */
void smb_hear_token(struct smb_state *state, enum side side, struct span token);

/* Tells a finished request and forgets it; weaknesses that its answer shows. */
void smb_tell(struct smb_state *state, struct parse *parse, struct smb_record *record);
void smb_judge_signing(struct parse *parse, bool enabled, bool required);
void smb_judge_guest(struct parse *parse, const struct smb_state *state);

/* Read one message, of which the beginning is there. False if it is none. What is encrypted is told once for
 * a session. */
bool smb1_message(struct smb_state *state, struct parse *parse, struct span message);
bool smb2_message(struct smb_state *state, struct parse *parse, struct span message);
bool smb2_sealed_message(struct smb_state *state, struct parse *parse, struct span message);

#endif
