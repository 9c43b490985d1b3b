/* opcua.h: what the files about OPC UA share: opcua.c reads connections, opcua_session.c who begins a
 * session. */
#ifndef PROTOCOLS_OPCUA_H
#define PROTOCOLS_OPCUA_H

#include "base/span.h"

enum { OPCUA_USER = 96 };

enum opcua_identity {
	OPCUA_UNKNOWN,
	OPCUA_ANONYMOUS,
	OPCUA_USER_NAME,
	OPCUA_CERTIFICATE,
	OPCUA_ISSUED,
};

struct opcua_login {
	enum opcua_identity identity;
	char user[OPCUA_USER];
	bool clear; /* its password is not encrypted */
};

/* A text behind its length; none and an empty one are alike. */
struct span opcua_take_string(struct span *s);

/* Reads ActivateSession behind the number of its type. False: it is damaged, or cut. */
bool opcua_read_login(struct span request, struct opcua_login *ret_login);

#endif
