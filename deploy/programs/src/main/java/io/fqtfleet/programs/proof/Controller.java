package io.fqtfleet.programs.proof;

import io.fqtfleet.schemas.BudgetTerms;
import java.util.Locale;

/** Who decides what a device trains. All use the learning rate and batch of the drift terms. */
enum Controller {
  FROZEN("nothing is ever trained"),
  ALWAYS_FULL("every labelled window trains the whole network"),
  FIXED_PARTIAL("every labelled window trains a quarter of each layer's structures"),
  DYNAMIC(
      "the paper's rule on the device alone: lambda between 0.1 and 1 by the size of the error"),
  OURS("budgets by the production decision code");

  /** Of the fixed partial update. */
  private static final int FIXED_PERMILLE = 250;

  /** Lowest share of the dynamic rule (Deutel et al., arXiv 2407.10734: 0.1 to 1). */
  private static final int DYNAMIC_MIN_PERMILLE = 100;

  final String what;

  Controller(String what) {
    this.what = what;
  }

  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What its devices leave the factory with. */
  BudgetTerms factoryTerms(BudgetTerms drift) {
    BudgetTerms.Builder terms = BudgetTerms.newBuilder(drift).setFirstTrainableLayer(0);
    return switch (this) {
      case FROZEN, OURS -> terms.setTraining(false).build();
      case ALWAYS_FULL -> lambda(terms, 1000, 1000);
      case FIXED_PARTIAL -> lambda(terms, FIXED_PERMILLE, FIXED_PERMILLE);
      case DYNAMIC -> lambda(terms, DYNAMIC_MIN_PERMILLE, 1000);
    };
  }

  private static BudgetTerms lambda(BudgetTerms.Builder terms, int min, int max) {
    return terms
        .setTraining(true)
        .setLambdaMinPermille(min)
        .setLambdaMaxPermille(max)
        .setTrainEveryNth(1)
        .build();
  }
}
