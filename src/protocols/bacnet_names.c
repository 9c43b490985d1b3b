/* bacnet_names.c: what the numbers of BACnet mean, ASHRAE 135, clause 21: services, and those objects and
 * properties that are usual. */
#include "protocols/bacnet.h"

const struct code_name bacnet_confirmed[] = {
	{ 0, "acknowledge_alarm" },        { 1, "cov_notification" },
	{ 2, "event_notification" },       { 3, "get_alarm_summary" },
	{ 4, "get_enrollment_summary" },   { 5, "subscribe_cov" },
	{ 6, "atomic_read_file" },         { 7, "atomic_write_file" },
	{ 8, "add_list_element" },         { 9, "remove_list_element" },
	{ 10, "create_object" },           { 11, "delete_object" },
	{ 12, "read_property" },           { 13, "read_property_conditional" },
	{ 14, "read_property_multiple" },  { 15, "write_property" },
	{ 16, "write_property_multiple" }, { 17, "device_communication_control" },
	{ 18, "private_transfer" },        { 19, "text_message" },
	{ 20, "reinitialize_device" },     { 26, "read_range" },
	{ 27, "life_safety_operation" },   { 28, "subscribe_cov_property" },
	{ 29, "get_event_information" },
};
const size_t bacnet_confirmed_count = sizeof(bacnet_confirmed) / sizeof(*bacnet_confirmed);

const struct code_name bacnet_unconfirmed[] = {
	{ 0, "i_am" },
	{ 1, "i_have" },
	{ 2, "cov_notification" },
	{ 3, "event_notification" },
	{ 4, "private_transfer" },
	{ 5, "text_message" },
	{ 6, "time_synchronization" },
	{ 7, "who_has" },
	{ 8, "who_is" },
	{ 9, "utc_time_synchronization" },
	{ 10, "write_group" },
};
const size_t bacnet_unconfirmed_count = sizeof(bacnet_unconfirmed) / sizeof(*bacnet_unconfirmed);

const struct code_name bacnet_objects[] = {
	{ 0, "analog-input" },
	{ 1, "analog-output" },
	{ 2, "analog-value" },
	{ 3, "binary-input" },
	{ 4, "binary-output" },
	{ 5, "binary-value" },
	{ 6, "calendar" },
	{ 7, "command" },
	{ 8, "device" },
	{ 9, "event-enrollment" },
	{ 10, "file" },
	{ 11, "group" },
	{ 12, "loop" },
	{ 13, "multi-state-input" },
	{ 14, "multi-state-output" },
	{ 15, "notification-class" },
	{ 16, "program" },
	{ 17, "schedule" },
	{ 19, "multi-state-value" },
	{ 20, "trend-log" },
	{ 21, "life-safety-point" },
	{ 22, "life-safety-zone" },
	{ 23, "accumulator" },
	{ 30, "access-door" },
};
const size_t bacnet_objects_count = sizeof(bacnet_objects) / sizeof(*bacnet_objects);

const struct code_name bacnet_properties[] = {
	{ 8, "all" },
	{ 12, "application-software-version" },
	{ 28, "description" },
	{ 36, "event-state" },
	{ 44, "firmware-revision" },
	{ 58, "location" },
	{ 70, "model-name" },
	{ 75, "object-identifier" },
	{ 76, "object-list" },
	{ 77, "object-name" },
	{ 79, "object-type" },
	{ 81, "out-of-service" },
	{ 85, "present-value" },
	{ 87, "priority-array" },
	{ 96, "protocol-object-types-supported" },
	{ 97, "protocol-services-supported" },
	{ 98, "protocol-version" },
	{ 103, "reliability" },
	{ 104, "relinquish-default" },
	{ 107, "segmentation-supported" },
	{ 111, "status-flags" },
	{ 112, "system-status" },
	{ 117, "units" },
	{ 120, "vendor-identifier" },
	{ 121, "vendor-name" },
	{ 139, "protocol-revision" },
};
const size_t bacnet_properties_count = sizeof(bacnet_properties) / sizeof(*bacnet_properties);
