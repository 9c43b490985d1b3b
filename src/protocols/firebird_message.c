/* firebird_message.c: the messages of Firebird, "Wire protocol" of its documentation and remote/protocol.cpp:
 * numbers of four octets, texts of a length with zeros behind them up to a whole number of four. */
#include "protocols/firebird.h"

enum {
	TEXT_MOST = 1 << 24,
	TEXT_KEPT = PARSE_UNREAD_LIMIT / 4,
	OPERATION_MOST = 127,
	VERSIONS_MOST = 16, /* that a client offers */
	VERSION_FIELDS = 5,
	STATUS_MOST = 64, /* parts of an answer's status */
	EXECUTE = 63,
	ROWS = 4, /* the number of EXECUTE that says how many messages follow */
};

/* What stands behind the operation: n a number, t a text, c the versions of a client, s a status. */
struct form {
	uint32_t operation;
	const char *fields;
};

static const struct form requests[] = {
	{ FIREBIRD_CONNECT, "nnntntc" },
	{ 6, "" }, /* disconnect */
	{ FIREBIRD_ATTACH, "ntt" },
	{ FIREBIRD_CREATE, "ntt" },
	{ 21, "n" },    /* detach */
	{ 29, "nt" },   /* transaction */
	{ 30, "n" },    /* commit */
	{ 31, "n" },    /* rollback */
	{ 32, "n" },    /* prepare the transaction */
	{ 34, "nnn" },  /* create a blob */
	{ 35, "nnn" },  /* open one */
	{ 36, "nnt" },  /* read it */
	{ 37, "nnt" },  /* write it */
	{ 38, "n" },    /* cancel */
	{ 39, "n" },    /* close */
	{ 40, "nntn" }, /* about the database */
	{ 42, "nntn" }, /* the transaction */
	{ 43, "nntn" }, /* a blob */
	{ 44, "nnt" },  /* write several parts */
	{ 50, "n" },    /* commit and go on */
	{ 51, "nt" },   /* prepare with words of its own */
	{ 53, "nnn" },  /* a connection for events */
	{ 56, "tnnn" }, /* open a blob with parameters */
	{ 57, "tnnn" },
	{ 61, "nnn" }, /* seek */
	{ 62, "n" },   /* allocate a statement */
	{ EXECUTE, "nntnn" },
	{ FIREBIRD_EXECUTE_IMMEDIATE, "nnnttn" },
	{ 65, "ntnn" }, /* fetch */
	{ 67, "nn" },   /* free a statement */
	{ FIREBIRD_PREPARE, "nnnttn" },
	{ 69, "ntn" },  /* name a cursor */
	{ 70, "nntn" }, /* about a statement */
	{ 81, "n" },    /* drop the database */
	{ FIREBIRD_SERVICE_ATTACH, "ntt" },
	{ 83, "n" },     /* detach from the service */
	{ 84, "nnttn" }, /* about the service */
	{ 85, "nnt" },   /* start one */
	{ 86, "n" },     /* roll back and go on */
	{ 91, "n" },     /* cancel */
	{ FIREBIRD_CONTINUE, "tttt" },
	{ 93, "" }, /* ping */
	{ FIREBIRD_CRYPT, "tt" },
};

static const struct form answers[] = {
	{ FIREBIRD_ACCEPT, "nnn" },          { FIREBIRD_REJECT, "" },
	{ FIREBIRD_RESPONSE, "nnnts" },      { 92, "tttt" },
	{ FIREBIRD_ACCEPT_DATA, "nnnttnt" }, { FIREBIRD_ACCEPT_IF, "nnnttnt" },
};

static const char *fields_of(uint32_t operation, enum side side)
{
	const struct form *const forms = side == SIDE_CLIENT ? requests : answers;
	const size_t count = side == SIDE_CLIENT ? sizeof(requests) / sizeof(*requests)
						 : sizeof(answers) / sizeof(*answers);

	for (size_t i = 0; i < count; i++)
		if (forms[i].operation == operation)
			return forms[i].fields;
	return NULL;
}

/* False: none is that long. One that is longer than may wait hides where the message ends. */
static bool take_text(struct span *s, struct span *ret_text, bool *hidden)
{
	const uint32_t length = span_u32(s);

	*ret_text = span_of(NULL, 0);
	if (length > TEXT_KEPT) {
		*hidden = true;
		return length <= TEXT_MOST;
	}
	*ret_text = span_take(s, length);
	span_skip(s, (FIREBIRD_FIELD - length % FIREBIRD_FIELD) % FIREBIRD_FIELD);
	return true;
}

/* Parts of a status: a kind, and a number or a text; 0 ends it. The first error's number is told. */
static bool take_status(struct span *s, uint32_t *ret_error, bool *hidden)
{
	enum { END, ERROR, TEXT, CUT_TEXT, INTERPRETED = 5, STATE = 19 };
	struct span text;

	*ret_error = 0;
	for (size_t i = 0; i < STATUS_MOST && !*hidden; i++) {
		const uint32_t kind = span_u32(s);
		const bool is_text = kind == TEXT || kind == CUT_TEXT || kind == INTERPRETED || kind == STATE;

		if (s->failed || kind == END)
			return true;
		if (is_text ? !take_text(s, &text, hidden) : kind > STATE)
			return false;
		if (!is_text) {
			const uint32_t number = span_u32(s);

			*ret_error = kind == ERROR && *ret_error == 0 ? number : *ret_error;
		}
	}
	return *hidden;
}

static bool take_field(struct span *s, char field, struct firebird_message *message, size_t *number,
		       size_t *text)
{
	bool *const hidden = &message->hidden;
	struct span room;
	uint32_t value;

	switch (field) {
	case 't': return take_text(s, *text < FIREBIRD_TEXTS ? &message->texts[(*text)++] : &room, hidden);
	case 's': return take_status(s, &message->numbers[*number], hidden);
	case 'c':
		value = message->numbers[*number - 1];
		span_skip(s, (size_t)value * VERSION_FIELDS * FIREBIRD_FIELD);
		return value <= VERSIONS_MOST;
	default:
		value = span_u32(s);
		if (*number < FIREBIRD_NUMBERS)
			message->numbers[(*number)++] = value;
		return true;
	}
}

static struct firebird_message empty_message(uint32_t operation)
{
	struct firebird_message message = { .operation = operation };

	for (size_t i = 0; i < FIREBIRD_TEXTS; i++)
		message.texts[i] = span_of(NULL, 0);
	return message;
}

enum verdict firebird_take(struct span *s, enum side side, struct firebird_message *ret_message)
{
	struct span rest = *s;
	struct firebird_message message = empty_message(span_u32(&rest));
	const char *fields = fields_of(message.operation, side);
	size_t number = 0, text = 0;

	if (rest.failed)
		return MORE;
	if (message.operation == 0 || message.operation > OPERATION_MOST)
		return NO;
	message.hidden = fields == NULL;
	for (; !message.hidden && *fields != '\0' && !rest.failed; fields++)
		if (!take_field(&rest, *fields, &message, &number, &text))
			return NO;
	if (rest.failed)
		return MORE;
	message.hidden |= side == SIDE_CLIENT && message.operation == EXECUTE &&
			  message.numbers[ROWS - 1] > 0;
	*s = rest;
	*ret_message = message;
	return YES;
}
