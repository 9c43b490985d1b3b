/* h323_event.c: the event of a message of H.323. */
#include "protocols/h323.h"
#include "protocols/lines.h"

static void emit_end(struct json *json, const char *address, const char *port, const struct h323_end *end)
{
	char text[ADDRESS_TEXT];

	if (end->port == 0)
		return;
	json_text(json, address, address_text(&end->address, text));
	json_unsigned(json, port, end->port);
}

static void emit_channels(struct json *json, const struct h323_message *m)
{
	json_open_array(json, "channels");
	for (size_t i = 0; i < m->channel_count; i++) {
		const struct h323_channel *const channel = &m->channels[i];

		json_open_object(json, NULL);
		json_unsigned(json, "channel", channel->number);
		json_text(json, "direction", channel->reverse ? "reverse" : "forward");
		if (channel->media != NULL)
			json_text(json, "media", channel->media);
		if (channel->codec != NULL)
			json_text(json, "codec", channel->codec);
		emit_end(json, "rtp_address", "rtp_port", &channel->rtp);
		emit_end(json, "rtcp_address", "rtcp_port", &channel->rtcp);
		json_end(json);
	}
	json_end(json);
}

static void emit_control(struct json *json, const struct h323_message *m)
{
	emit_end(json, "control_address", "control_port", &m->control);
	if (m->control_count > 0 && !m->h245) {
		json_open_array(json, "control");
		for (size_t i = 0; i < m->control_count; i++)
			json_text(json, NULL, m->controls[i]);
		json_end(json);
	}
	if (m->channel_count > 0)
		emit_channels(json, m);
}

void h323_emit(const void *record, struct json *json)
{
	const struct h323_message *const m = record;

	if (m->h245) {
		json_text(json, "protocol", "h245");
		json_text(json, "message", m->controls[0]);
		emit_control(json, m);
		return;
	}
	json_text(json, "protocol", m->ras ? "ras" : "q931");
	json_text(json, "message", m->ras ? h323_ras_text(m->type) : h323_type_text(m->type));
	json_unsigned(json, m->ras ? "request" : "call_reference", m->reference);
	if (!m->ras)
		json_text(json, "from", m->from_called ? "called" : "calling");
	if (m->version > 0)
		json_unsigned(json, "version", m->version);
	emit_text(json, "calling_number", m->calling);
	emit_text(json, "called_number", m->called);
	emit_text(json, "calling_alias", m->calling_alias);
	emit_text(json, "called_alias", m->called_alias);
	emit_text(json, "display", m->display);
	if (m->cause >= 0)
		json_number(json, "cause", m->cause);
	emit_end(json, "signal_address", "signal_port", &m->signal);
	emit_control(json, m);
}
