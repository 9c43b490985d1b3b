/* h323_message.c: messages of H.323: the information elements of Q.931 (4.5). */
#include "protocols/h323.h"
#include "protocols/text.h"

enum {
	CAUSE = 0x08,
	DISPLAY = 0x28,
	CALLING = 0x6c,
	CALLED = 0x70,
	USER_DATA = 0x7e,
	SINGLE = 0x80, /* an element of one octet; in others: the last octet of a group */
	ELEMENTS_MOST = 64,
};

/* Octets of groups whose first bit says that no further one follows. */
static void skip_group(struct span *s)
{
	while (span_left(*s) > 0 && (span_u8(s) & SINGLE) == 0)
		;
}

static void read_element(uint8_t element, struct span value, struct h323_message *message)
{
	switch (element) {
	case CALLING:
		skip_group(&value);
		span_copy_text(value, message->calling, sizeof(message->calling));
		break;
	case CALLED:
		skip_group(&value);
		span_copy_text(value, message->called, sizeof(message->called));
		break;
	case DISPLAY: span_copy_text(value, message->display, sizeof(message->display)); break;
	case CAUSE:
		skip_group(&value);
		if (span_left(value) > 0)
			message->cause = *value.at & 0x7f;
		break;
	case USER_DATA: h323_read_user_data(value, message); break;
	default: break;
	}
}

bool h323_read_message(struct span s, struct h323_message *ret_message)
{
	struct h323_message message = { .cause = -1 };

	if (span_u16(&s) != (H323_DISCRIMINATOR << 8 | 2)) /* and a call reference of two octets */
		return false;
	message.reference = span_u16(&s);
	message.from_called = (message.reference & 0x8000) != 0;
	message.reference &= 0x7fff;
	message.type = span_u8(&s);
	if (s.failed || h323_type_text(message.type) == NULL)
		return false;
	for (int i = 0; i < ELEMENTS_MOST && span_left(s) > 0; i++) {
		const uint8_t element = span_u8(&s);
		size_t length;

		if ((element & SINGLE) != 0)
			continue;
		length = element == USER_DATA ? span_u16(&s) : span_u8(&s);
		read_element(element, span_take(&s, length), &message);
		if (s.failed)
			return false;
	}
	*ret_message = message;
	return true;
}
