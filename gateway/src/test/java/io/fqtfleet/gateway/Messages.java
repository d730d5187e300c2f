package io.fqtfleet.gateway;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/** Small valid messages: every number zero unless it matters to the gateway. */
public final class Messages {
  public static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  public static final WireCodec<DeviceStatus> STATUSES = WireCodec.of(DeviceStatus.class);
  public static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);
  public static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);

  private Messages() {}

  public static byte[] report(String device, long sequence) {
    TrainingReport report = (TrainingReport) zero(TrainingReport.getClassSchema());
    set(report, "device", device);
    set(report, "sequence", sequence);
    return REPORTS.encode(report);
  }

  public static byte[] status(String device, long budgetSchema) {
    DeviceStatus status = (DeviceStatus) zero(DeviceStatus.getClassSchema());
    set(status, "device", device);
    set(status, "budgetSchema", budgetSchema);
    return STATUSES.encode(status);
  }

  public static byte[] ack(String device) {
    BudgetAck ack = (BudgetAck) zero(BudgetAck.getClassSchema());
    set(ack, "device", device);
    return ACKS.encode(ack);
  }

  public static byte[] ack(String device, long version, AckOutcome outcome, RefusalReason refusal) {
    BudgetAck ack = (BudgetAck) zero(BudgetAck.getClassSchema());
    set(ack, "device", device);
    set(ack, "answeredVersion", version);
    set(ack, "outcome", outcome);
    set(ack, "refusal", refusal);
    return ACKS.encode(ack);
  }

  public static byte[] budget(String device, long version) {
    UpdateBudget budget = (UpdateBudget) zero(UpdateBudget.getClassSchema());
    set(budget, "device", device);
    set(budget, "version", version);
    return BUDGETS.encode(budget);
  }

  private static void set(SpecificRecord record, String field, Object value) {
    record.put(record.getSchema().getField(field).pos(), value);
  }

  private static Object zero(Schema schema) {
    return switch (schema.getType()) {
      case RECORD -> {
        SpecificRecord record = (SpecificRecord) SpecificData.get().newRecord(null, schema);
        schema.getFields().forEach(field -> record.put(field.pos(), zero(field.schema())));
        yield record;
      }
      case ENUM -> SpecificData.get().createEnum(schema.getEnumSymbols().get(0), schema);
      case ARRAY -> List.of();
      case STRING -> "";
      case INT -> 0;
      case LONG -> 0L;
      case BOOLEAN -> false;
      case UNION -> null;
      default -> throw new IllegalArgumentException("no zero of " + schema);
    };
  }
}
