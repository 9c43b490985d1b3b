/* sane.h: what SANE's recogniser and its parser both need. */
#ifndef PROTOCOLS_SANE_H
#define PROTOCOLS_SANE_H

#include "protocols/parse.h"

enum { SANE_STATUS_MOST = 11, SANE_DEVICES_MOST = 64 };

/* Requests. */
enum {
	SANE_INIT,
	SANE_GET_DEVICES,
	SANE_OPEN,
	SANE_CLOSE,
	SANE_GET_OPTIONS,
	SANE_CONTROL,
	SANE_GET_PARAMETERS,
	SANE_START,
	SANE_CANCEL,
	SANE_AUTHORIZE,
	SANE_EXIT
};

extern const struct parser sane_parser;
extern const struct weakness sane_clear_login;

#endif
