/* smb1.h: what the files about messages of SMB 1 share: smb1_parse.c reads them, smb1_open.c those that open
 * files. */
#ifndef PROTOCOLS_SMB1_H
#define PROTOCOLS_SMB1_H

#include "protocols/smb_parse.h"

enum smb1_command {
	SMB1_TRANSACTION = 0x25,
	SMB1_OPEN = 0x2d,
	SMB1_WRITE = 0x2f,
	SMB1_TRANSACTION_2 = 0x32,
	SMB1_NEGOTIATE = 0x72,
	SMB1_SESSION_SETUP = 0x73,
	SMB1_TREE_CONNECT = 0x75,
	SMB1_CREATE = 0xa2,
};

/* One command of a message: most messages have one, others a chain of them under one header. */
struct smb1_command_of {
	uint8_t command;
	uint32_t status;
	bool reply, unicode;
	uint16_t tree_id, user_id;
	uint64_t id; /* of process and message */
	struct span message, words, bytes;
	uint8_t word_count;
};

/* The next text, which begins at an even octet of the message if it is Unicode. */
void smb1_take_text(const struct smb1_command_of *c, struct span *s, char *text, size_t size);

/* A part of the message; fails where it has none such. */
struct span smb1_part(const struct smb1_command_of *c, size_t offset, size_t length);

/* What a request to open a file asks for, by any of the three commands that do. False if it is none. */
bool smb1_hear_open(struct smb_state *state, const struct smb1_command_of *c);

/* The number that the file got, by the answer to such a request. False if there is none. */
bool smb1_opened_file(const struct smb1_command_of *c, uint16_t *ret_file);

#endif
