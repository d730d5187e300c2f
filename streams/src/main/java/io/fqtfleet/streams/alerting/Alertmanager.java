package io.fqtfleet.streams.alerting;

import java.io.IOException;
import java.util.List;

/** Where people are told from. One implementation speaks HTTP, tests have their own. */
interface Alertmanager {
  /** It answered that the content is wrong: posting it again would not help. */
  final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * Returns when all are accepted.
   *
   * @throws RefusedException if at least one is invalid; none may have been taken
   * @throws IOException if it cannot be reached or cannot serve now; the message is for a person
   */
  void post(List<AlertLedger.Due> alerts)
      throws IOException, RefusedException, InterruptedException;
}
