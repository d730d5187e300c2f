package io.fqtfleet.sim.fleet;

import java.util.Objects;

/**
 * How bad the way to the broker is.
 *
 * @param dropPermille reports lost before the broker has seen them, 0..900
 * @param repeatPermille reports sent twice, 0..900
 */
public record LinkSpec(Integer dropPermille, Integer repeatPermille) {
  public LinkSpec {
    dropPermille = Objects.requireNonNullElse(dropPermille, 0);
    repeatPermille = Objects.requireNonNullElse(repeatPermille, 0);
    new Checks()
        .range("dropPermille", dropPermille, 0, 900)
        .range("repeatPermille", repeatPermille, 0, 900)
        .that(
            dropPermille + repeatPermille <= 1000,
            "dropPermille + repeatPermille = %d is more than 1000",
            dropPermille + repeatPermille)
        .done();
  }

  boolean isLossy() {
    return dropPermille > 0 || repeatPermille > 0;
  }
}
