package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Part;
import java.io.DataOutput;
import java.io.IOException;

/** Two summaries that travel together. */
record Both<A extends Part<A>, B extends Part<B>>(A first, B second) implements Part<Both<A, B>> {
  @Override
  public Both<A, B> merge(Both<A, B> other) {
    return new Both<>(first.merge(other.first), second.merge(other.second));
  }

  @Override
  public void write(DataOutput out) throws IOException {
    first.write(out);
    second.write(out);
  }
}
