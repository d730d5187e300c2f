package io.fqtfleet.sim;

import io.fqtfleet.sim.device.NativeAgent;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The test needs the firmware's agent as a library. Where it was not built (no C compiler) the test
 * is skipped, visibly; with REQUIRE_TOOLS=1 it fails.
 */
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsAgent.Condition.class)
public @interface NeedsAgent {
  /** Looks for the library. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      try {
        NativeAgent.libraryBytes();
        return ConditionEvaluationResult.enabled("the agent's library is there");
      } catch (IllegalStateException e) {
        if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
          return ConditionEvaluationResult.enabled("REQUIRE_TOOLS=1: it must run, and will fail");
        }
        System.out.println("SKIPPED: " + context.getDisplayName() + ": " + e.getMessage());
        return ConditionEvaluationResult.disabled(e.getMessage());
      }
    }
  }
}
