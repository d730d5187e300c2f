package io.fqtfleet.localstack;

/** An MQTT broker that is a process: it can also be killed and paused. */
public interface MqttBrokerProcess extends MqttBroker {
  /** SIGKILL: what was not saved is lost. */
  void kill();

  /** SIGSTOP: it does nothing, its connections stay open. */
  void pause();

  /** SIGCONT. */
  void resume();

  /** False after it was stopped, was killed, or gave up by itself. */
  boolean alive();

  /**
   * Of the running process.
   *
   * @throws IllegalStateException if none was started
   */
  long pid();
}
