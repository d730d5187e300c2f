package io.fqtfleet.localstack;

import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.ServerSession;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerPlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;

/**
 * Keeps the messages of a client in order in Artemis 2.55.
 *
 * <p>What follows a store operation, such as the entry of a published message into a queue, waits
 * for the thread's operation context if something is under way there. MQTT packets of one
 * connection are worked on by changing threads, each with a context left from somebody else's work.
 * So one message could wait for the storing of another device's address while the next one, on
 * another thread, overtook it; and what a closed connection had not acknowledged could come back to
 * the queue after the next connection had been given later messages. With one context per session
 * the order holds, and a fresh one makes the return immediate.
 */
final class MqttOrder implements ActiveMQServerPlugin {
  private ActiveMQServer server;

  @Override
  public void registered(ActiveMQServer started) {
    server = started;
  }

  @Override
  public void beforeSend(
      ServerSession session,
      Transaction tx,
      Message message,
      boolean direct,
      boolean noAutoCreate) {
    server.getStorageManager().setContext(session.getSessionContext());
  }

  @Override
  public void beforeCloseConsumer(ServerConsumer consumer, boolean failed) {
    server.getStorageManager().setContext(server.newOperationContext());
  }
}
