/* gtp_event.c: how a control message of GTP is told. */
#include "protocols/gtp_control.h"
#include "protocols/lines.h"

static void emit_address(struct json *json, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT];

	if (!address_is_unspecified(address))
		json_plain(json, key, address_text(address, text));
}

static void emit_cause(struct json *json, uint8_t version, uint8_t cause)
{
	json_unsigned(json, "cause", cause);
	json_text(json, "cause_text", gtp_cause_name(version, cause));
}

static void emit_lists(const struct gtp_control *control, struct json *json)
{
	if (control->address_count > 0) {
		json_open_array(json, "addresses");
		for (size_t i = 0; i < control->address_count; i++)
			emit_address(json, NULL, &control->addresses[i]);
		json_end(json);
	}
	if (control->bearer_count > 0) {
		json_open_array(json, "bearers");
		for (size_t i = 0; i < control->bearer_count; i++) {
			json_begin(json);
			json_unsigned(json, "id", control->bearers[i].id);
			if (control->bearers[i].has_cause)
				emit_cause(json, control->message->version, control->bearers[i].cause);
			json_end(json);
		}
		json_end(json);
	}
	if (control->endpoint_count > 0) {
		json_open_array(json, "endpoints");
		for (size_t i = 0; i < control->endpoint_count; i++) {
			json_begin(json);
			json_text(json, "interface", control->endpoints[i].interface);
			json_unsigned(json, "teid", control->endpoints[i].teid);
			emit_address(json, "ip", &control->endpoints[i].addresses[0]);
			emit_address(json, "ipv6", &control->endpoints[i].addresses[1]);
			json_end(json);
		}
		json_end(json);
	}
}

static void emit(const void *record, struct json *json)
{
	const struct gtp_control *const control = record;
	const struct gtp_message *const message = control->message;

	json_unsigned(json, "version", message->version);
	json_text(json, "message", gtp_message_name(message->version, message->type));
	json_unsigned(json, "message_type", message->type);
	if (message->has_tunnel)
		json_unsigned(json, "teid", message->tunnel);
	if (message->has_sequence)
		json_unsigned(json, "sequence", message->sequence);
	if (control->has_cause)
		emit_cause(json, message->version, control->cause);
	emit_text(json, "imsi", control->imsi);
	emit_text(json, "msisdn", control->msisdn);
	emit_text(json, "imei", control->imei);
	emit_text(json, "apn", control->apn);
	json_text(json, "radio", control->radio);
	emit_lists(control, json);
}

void gtp_tell(struct parse *parse, const struct gtp_message *message)
{
	struct gtp_control control;

	gtp_control_read(&control, message);
	parse_event_as(parse, "gtp", emit, &control);
}
