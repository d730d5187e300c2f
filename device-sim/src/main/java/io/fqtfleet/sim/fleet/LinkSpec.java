package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.link.LossyLink;
import java.time.Duration;
import java.util.Objects;

/**
 * How bad the way to the broker is.
 *
 * @param dropPermille reports lost before the broker has seen them, 0..900
 * @param repeatPermille reports sent twice, 0..900
 * @param latePermille reports that come late, after younger ones, 0..900
 * @param lateBy how late; needed with latePermille
 */
public record LinkSpec(
    Integer dropPermille, Integer repeatPermille, Integer latePermille, Duration lateBy) {
  public LinkSpec {
    dropPermille = Objects.requireNonNullElse(dropPermille, 0);
    repeatPermille = Objects.requireNonNullElse(repeatPermille, 0);
    latePermille = Objects.requireNonNullElse(latePermille, 0);
    int together = dropPermille + repeatPermille + latePermille;
    new Checks()
        .range("dropPermille", dropPermille, 0, 900)
        .range("repeatPermille", repeatPermille, 0, 900)
        .range("latePermille", latePermille, 0, 900)
        .that(
            together <= 1000,
            "dropPermille + repeatPermille + latePermille = %d is more than 1000",
            together)
        .that(
            latePermille == 0 || lateBy != null && lateBy.toMillis() > 0,
            "lateBy is missing: how late are the late reports?")
        .done();
    lateBy = Objects.requireNonNullElse(lateBy, Duration.ZERO);
  }

  /** A good line. */
  static LinkSpec good() {
    return new LinkSpec(null, null, null, null);
  }

  public LossyLink.Shares shares() {
    return new LossyLink.Shares(
        dropPermille / 1000.0, repeatPermille / 1000.0, latePermille / 1000.0, lateBy.toMillis());
  }

  public boolean isLossy() {
    return dropPermille > 0 || repeatPermille > 0 || latePermille > 0;
  }
}
