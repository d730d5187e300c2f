/**
 * The proof that steering pays: the same bit-exact devices, sensing the same windows, under five
 * controllers. Ours is the production decision code, called round by round. It must not decide
 * anything that production decides.
 *
 * <p>Start with {@link io.fqtfleet.programs.proof.Proof}; what the figures mean stands in {@link
 * io.fqtfleet.programs.proof.Score}.
 */
package io.fqtfleet.programs.proof;
