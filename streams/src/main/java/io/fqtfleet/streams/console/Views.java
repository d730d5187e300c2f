package io.fqtfleet.streams.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.streams.alerting.FeedbackDesk;
import org.apache.avro.specific.SpecificRecord;

/** Records as JSON for the page: Avro's own names, so that topics and page speak alike. */
final class Views {
  static final ObjectMapper JSON = new ObjectMapper();

  private Views() {}

  static JsonNode of(SpecificRecord record) {
    try {
      return JSON.readTree(record.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Avro writes a record as JSON", e);
    }
  }

  static ObjectNode alert(Alert alert) {
    ObjectNode node = (ObjectNode) of(alert);
    node.put("open", FeedbackDesk.isOpen(alert));
    return node;
  }

  static ObjectNode rollout(Rollout rollout) {
    ObjectNode node = (ObjectNode) of(rollout);
    node.put("open", FleetMemory.goesOn(rollout));
    return node;
  }
}
