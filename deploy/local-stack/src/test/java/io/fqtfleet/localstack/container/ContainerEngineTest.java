package io.fqtfleet.localstack.container;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ContainerEngineTest {
  @Test
  void theClientSpeaksWhatAnOldEngineKnowsAndNothingNewerThanItself() {
    assertEquals("1.41", ContainerEngine.spoken("1.41"), "Debian 12's engine");
    assertEquals("1.44", ContainerEngine.spoken("1.44"));
    assertEquals("1.44", ContainerEngine.spoken("1.52"));
  }
}
