#include "flow/meeting.h"
#include "protocols/naming.h"

bool meeting_init(struct meeting *meeting, const struct workers_options *options,
		  const struct flow_listener *listener)
{
	*meeting = (struct meeting){
		.elsewhere = elsewhere_new(listener),
		.memory = memory_new(),
		.named = options->named,
		.context = options->context,
	};
	return meeting->elsewhere != NULL && meeting->memory != NULL;
}

void meeting_free(struct meeting *meeting)
{
	elsewhere_free(meeting->elsewhere);
	memory_free(meeting->memory);
}

static void remember(const struct meeting *meeting, parse_meet *meet, const void *record, struct buffer *into)
{
	struct json json;

	if (into != NULL)
		json = json_resume(into);
	meet(meeting->memory, record, into != NULL ? &json : NULL);
}

/* Each end by the name that the other one was told. */
static void name_ends(const struct meeting *meeting, const struct address *ends, struct buffer *into)
{
	const struct name *const names[2] = {
		naming_of(meeting->memory, &ends[0], &ends[1]),
		naming_of(meeting->memory, &ends[1], &ends[0]),
	};

	if (meeting->named != NULL && (names[0] != NULL || names[1] != NULL))
		meeting->named(meeting->context, names, into);
}

void meeting_remember(const struct meeting *meeting, const struct parse_memo *memo, struct buffer *into)
{
	remember(meeting, memo->meet, memo->record, into);
}

void meeting_take(const struct meeting *meeting, const struct given *given, struct buffer *into)
{
	switch (given->kind) {
	case GIVEN_ELSEWHERE: elsewhere_take(meeting->elsewhere, &given->elsewhere); break;
	case GIVEN_RECORD:
		remember(meeting, given->record.meet, given->record.bytes,
			 given->record.in_event ? into : NULL);
		break;
	case GIVEN_ENDS: name_ends(meeting, given->ends, into); break;
	}
}
