package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.WireCodec;

/** Bytes of records that tests send under keys of their own. */
final class WireCodecs {
  private WireCodecs() {}

  static byte[] policy(Policy policy) {
    return WireCodec.of(Policy.class).encode(policy);
  }

  static byte[] registration(String cohort) {
    return WireCodec.of(DeviceRegistration.class)
        .encode(DeviceRegistration.newBuilder().setCohort(cohort).build());
  }
}
