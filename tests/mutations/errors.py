"""Deliberate errors, and the test that must notice each of them.

Every entry changes one place of the sources. The test beside it must fail then: its name says which
rule was broken. The lists grow with the trainers; an entry whose text is no longer found is itself
reported, so that the list cannot rot.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ERRORS", "Error"]

ADVANTAGES = "tests/baselines/advantages/test_advantages.py"
CHUNKED = "tests/baselines/losses/test_chunked.py"
COLLATE = "tests/baselines/test_collate.py"
CRITIC = "tests/baselines/test_critic.py"
FAILURES = "tests/baselines/run/test_failures.py"
GENERATION = "tests/baselines/sampling/test_generation.py"
INTERVENTION = "tests/baselines/intervention/test_intervention.py"
LOOPS = "tests/baselines/run/test_loops.py"
MEMORY_RUNS = "tests/baselines/run/test_memory_settings.py"
OBJECTIVE = "tests/baselines/test_objective.py"
PROCESSES_TEST = "tests/baselines/parallel/test_two_processes.py"
ROLLOUT = "tests/baselines/test_rollout.py"
RUN = "tests/baselines/run/test_training_run.py"
TURNS = "tests/baselines/advantages/test_turn_estimators.py"
UPDATE = "tests/baselines/test_update.py"
WRITING = "tests/baselines/engine/test_writing.py"
ENGINE_RUNS = "tests/baselines/run/test_engine_runs.py"

BY_HAND = "test_the_setting_changes_the_loss_as_computed_by_hand"


class Error(NamedTuple):
    """One deliberate error."""

    rule: str
    """The rule it breaks."""
    file: str
    """Below `baselines/`."""
    old: str
    """What stands there once."""
    new: str
    """What is put in its place."""
    test: str
    """The test that must fail."""


POLICY = [
    Error(
        "forced tokens are outside the loss",
        "update.py",
        "else reply.sampled\n",
        "else np.ones_like(reply.sampled)\n",
        f"{UPDATE}::test_trap_04_forced_tokens_are_outside_loss_and_denominators",
    ),
    Error(
        "the trainer divides its logits by the sampling temperature",
        "update.py",
        "batch.batch, self.config.rollout.temperature, entropies=",
        "batch.batch, 1.0, entropies=",
        f"{OBJECTIVE}::{BY_HAND}[temperature]",
    ),
    Error(
        "denominators belong to the whole batch, not to a micro-batch",
        "update.py",
        "value = aggregate(values, mask, how.aggregation, denominators=counts)",
        "value = aggregate(values, mask, how.aggregation)",
        f"{OBJECTIVE}::test_trap_15_micro_batches_never_change_the_loss",
    ),
    Error(
        "the KL term is part of the loss",
        "update.py",
        "value = value + how.kl_coef * aggregate(",
        "value = value + 0.0 * aggregate(",
        f"{OBJECTIVE}::{BY_HAND}[KL, k3]",
    ),
    Error(
        "KL is aggregated over sampled tokens alone",
        "update.py",
        "aggregate(kl, mask, how.aggregation, denominators=counts)",
        "aggregate(kl, torch.ones_like(mask), how.aggregation, denominators=counts)",
        f"{OBJECTIVE}::test_kl_and_entropy_never_see_forced_or_padded_tokens",
    ),
    Error(
        "the reference policy is read at the sampling temperature",
        "update.py",
        "self.reference.log_probs(batch.batch, self.config.rollout.temperature)",
        "self.reference.log_probs(batch.batch)",
        f"{OBJECTIVE}::{BY_HAND}[temperature of the reference]",
    ),
    Error(
        "the estimator of the KL is the setting's",
        "update.py",
        "estimator=how.kl_estimator",
        'estimator="k3"',
        f"{OBJECTIVE}::{BY_HAND}[KL, k1]",
    ),
    Error(
        "the entropy bonus rewards entropy",
        "update.py",
        "value = value - how.entropy_coef * entropy",
        "value = value + how.entropy_coef * entropy",
        f"{OBJECTIVE}::{BY_HAND}[entropy bonus]",
    ),
    Error(
        "gradients are clipped",
        "optimisation.py",
        "clip_grad_norm_(with_gradient, largest)",
        "clip_grad_norm_(with_gradient, 1e9)",
        f"{OBJECTIVE}::test_gradients_are_clipped_to_grad_clip",
    ),
    Error(
        "clip_high reaches the loss",
        "update.py",
        "        mask,\n        clip_low=how.clip_low,\n        clip_high=how.clip_high,\n",
        "        mask,\n        clip_low=how.clip_low,\n        clip_high=0.2,\n",
        f"{OBJECTIVE}::{BY_HAND}[clip_high, DAPO's clip-higher]",
    ),
    Error(
        "clip_low reaches the loss",
        "update.py",
        "        mask,\n        clip_low=how.clip_low,\n        clip_high=how.clip_high,\n",
        "        mask,\n        clip_low=0.2,\n        clip_high=how.clip_high,\n",
        f"{OBJECTIVE}::{BY_HAND}[clip_low]",
    ),
    Error(
        "the dual clip reaches the loss",
        "update.py",
        "dual_clip=how.dual_clip,",
        "dual_clip=3.0,",
        f"{OBJECTIVE}::{BY_HAND}[dual_clip]",
    ),
    Error(
        "the kind of the loss is the setting's",
        "update.py",
        'if how.kind == "gspo":',
        'if how.kind == "nothing":',
        f"{OBJECTIVE}::{BY_HAND}[GSPO]",
    ),
    Error(
        "the weights of TIS multiply the loss",
        "update.py",
        "values = token_loss.values * batch.weights",
        "values = token_loss.values",
        f"{OBJECTIVE}::{BY_HAND}[TIS per token]",
    ),
    Error(
        "the weights of TIS are capped by the setting",
        "update.py",
        "maximum=self.config.loss.tis_cap,",
        "maximum=2.0,",
        f"{OBJECTIVE}::{BY_HAND}[TIS cap]",
    ),
    Error(
        "weight decay leaves vectors alone",
        "optimisation.py",
        'if p.dim() < 2], "weight_decay": 0.0}',
        'if p.dim() < 2], "weight_decay": weight_decay}',
        f"{OBJECTIVE}::test_weight_decay_is_for_matrices_alone_and_betas_are_the_settings",
    ),
    Error(
        "the scheduled learning rate reaches the optimiser",
        "update.py",
        "set_rate(self.optimizer, rate)",
        "set_rate(self.optimizer, optim.lr)",
        f"{OBJECTIVE}::test_the_learning_rate_reaches_the_optimiser",
    ),
    Error(
        "filtered void turns teach nothing",
        "update.py",
        "if config.turns.filter_void and row.turn.void:",
        "if False:",
        f"{OBJECTIVE}::test_void_turns_are_not_learned_from_when_they_are_filtered",
    ),
    Error(
        "rows without advantage still count in the denominators",
        "update.py",
        "        counts = _denominators(rows, self.config.rollout.max_reply_tokens)\n"
        "        if loss.kl_coef == 0.0 and loss.entropy_coef == 0.0:\n"
        "            # Their gradient is exactly zero; they still count in the denominators.\n"
        "            rows = [row for row in rows if abs(row.advantage) >= NO_ADVANTAGE]\n",
        "        if loss.kl_coef == 0.0 and loss.entropy_coef == 0.0:\n"
        "            rows = [row for row in rows if abs(row.advantage) >= NO_ADVANTAGE]\n"
        "        counts = _denominators(rows, self.config.rollout.max_reply_tokens)\n",
        f"{UPDATE}::test_rows_without_advantage_are_skipped_but_counted",
    ),
    Error(
        "padding is never attended to",
        "policy/padding.py",
        "mask[i, width - len(prompt) :] = 1",
        "mask[i, :] = 1",
        f"{OBJECTIVE}::test_the_loss_without_settings_is_the_one_by_hand",
    ),
    Error(
        "positions do not depend on padding",
        "policy/model.py",
        "positions = (batch.prompt_mask.cumsum(dim=1) - 1).clamp_min(0)",
        "positions = (torch.ones_like(batch.prompt_mask).cumsum(dim=1) - 1).clamp_min(0)",
        "tests/baselines/policy/test_model.py::test_trap_10_a_row_alone_equals_the_row_in_a_padded_batch",
    ),
]
"""The update of the policy."""

ESTIMATORS = [
    Error(
        "members are compared within their own task",
        "t2po_train.py",
        "groups=[row.group for row in turns],",
        "groups=[0 for row in turns],",
        f"{LOOPS}::test_t2po_learns_as_gigpo_does",
    ),
    Error(
        "a penalty is never discounted",
        "advantages/gigpo.py",
        "    step_scores = penalise_invalid(\n"
        "        step_returns(rewards, trajectories, gamma, precision=precision),\n"
        "        action_valid,\n"
        "        invalid_penalty,\n"
        "    )\n",
        "    step_scores = step_returns(\n"
        "        penalise_invalid(rewards, action_valid, invalid_penalty), trajectories, gamma\n"
        "    )\n",
        f"{ADVANTAGES}::test_gigpo_by_hand",
    ),
    *(
        Error(
            f"{name} reaches the advantages of {trainer}",
            f"{trainer}_train.py",
            f"            {name}=how.{name},\n",
            f"            {name}={instead},\n",
            f"{LOOPS}::{test}[{trainer}]",
        )
        for trainer in ("t2po", "gigpo", "grpo")
        for name, instead, test in (
            ("invalid_penalty", "0.1", "test_the_invalid_penalty_is_taken_from_its_own_turn"),
            ("norm", '"mean_norm"', "test_norm_divides_by_the_standard_deviation"),
            ("unit", '"trajectory_mean"', "test_unit_lets_long_episodes_weigh_more"),
            ("baseline", '"group_mean"', "test_leave_one_out_is_rloo"),
        )
    ),
    *(
        Error(
            f"{name} reaches the advantages of {trainer}",
            f"{trainer}_train.py",
            f"            {name}=how.{name},\n",
            f"            {name}={instead},\n",
            f"{LOOPS}::test_the_settings_of_the_step_part",
        )
        for trainer in ("t2po", "gigpo")
        for name, instead in (("gamma", "0.5"), ("step_weight", "1.0"), ("similarity", "None"))
    ),
    Error(
        "the step part belongs to the state before the turn",
        "rollout/episodes.py",
        'anchor=episode.info["state_key"],',
        'anchor=info["state_key"],',
        f"{ROLLOUT}::test_the_anchor_of_a_turn_is_the_state_it_started_from",
    ),
    Error(
        "the reward of success is the setting's",
        "rewards.py",
        "if config.reward_on_success is not None:",
        "if False:",
        f"{LOOPS}::test_every_trainer_learns_from_the_training_reward[reward_on_success-gigpo]",
    ),
    Error(
        "shaping ends at a terminal state",
        "rewards.py",
        "0.0 if row.turn.terminated else row.turn.progress",
        "row.turn.progress",
        f"{LOOPS}::test_every_trainer_learns_from_the_training_reward[progress_weight-grpo]",
    ),
    Error(
        "progress before a turn is the progress after the one before",
        "collate.py",
        "before = turn.progress",
        "before = 0.0",
        f"{RUN}::test_progress_before_a_turn_is_the_progress_after_the_one_before",
    ),
    Error(
        "overlong replies are penalised",
        "rewards.py",
        "if config.overlong_buffer:",
        "if False:",
        f"{LOOPS}::test_every_trainer_learns_from_the_training_reward[overlong_buffer-grpo]",
    ),
    Error(
        "the length penalty is taken",
        "rewards.py",
        "rewards = rewards - config.length_penalty * thinking",
        "pass",
        f"{LOOPS}::test_the_length_penalty_is_taken_for_thinking_tokens",
    ),
    Error(
        "TDS weights multiply the advantages",
        "t2po_train.py",
        "        advantages = advantages * acceptance_weights(turns, config)\n",
        "        acceptance_weights(turns, config)\n",
        f"{LOOPS}::test_tds_weighting_multiplies_the_advantages",
    ),
]
"""Rewards and advantages."""

PPO = [
    Error(
        "only truncated episodes are bootstrapped",
        "rollout/episodes.py",
        "return None if episode.turns[-1].terminated else _prompt(episode, prompting).ids",
        "return _prompt(episode, prompting).ids",
        f"{ROLLOUT}::test_only_a_truncated_episode_has_a_next_prompt",
    ),
    Error(
        "a truncated episode is worth the value of the state it was cut at",
        "critic.py",
        "last = 0.0 if episode.next_prompt_ids is None else next(known)",
        "last = 0.0",
        f"{CRITIC}::test_truncated_episodes_are_bootstrapped_and_terminated_ones_are_not",
    ),
    Error(
        "lambda reaches the advantages",
        "ppo_train.py",
        "lam=how.gae_lambda,",
        "lam=0.95,",
        f"{LOOPS}::test_ppo",
    ),
    Error(
        "gamma reaches the advantages of PPO",
        "ppo_train.py",
        "gamma=how.gamma,",
        "gamma=0.5,",
        f"{LOOPS}::test_ppo",
    ),
    Error(
        "advantages of PPO are whitened",
        "ppo_train.py",
        "whiten(advantages)",
        "advantages",
        f"{LOOPS}::test_ppo",
    ),
    Error(
        "episodes do not run into each other in GAE",
        "ppo_train.py",
        "trajectories=[row.trajectory for row in turns],",
        "trajectories=[0 for row in turns],",
        f"{LOOPS}::test_ppo",
    ),
    Error(
        "the value loss is clipped as the setting says",
        "critic.py",
        "clip=how.clip,",
        "clip=None,",
        f"{CRITIC}::test_one_step_by_hand",
    ),
    Error(
        "the critic has weights of its own",
        "critic.py",
        "copy.deepcopy(policy.model.base_model).eval()",
        "policy.model.base_model",
        f"{CRITIC}::test_training_the_critic_never_moves_the_policy",
    ),
    Error(
        "the value is read at the last token",
        "critic.py",
        ").last_hidden_state[:, -1]",
        ").last_hidden_state[:, 0]",
        f"{CRITIC}::test_the_value_is_read_at_the_last_token_of_the_prompt",
    ),
    Error(
        "the critic is kept in checkpoints",
        "ppo_train.py",
        '    run.keep("critic", critic)\n',
        "",
        f"{RUN}::test_a_run_in_two_parts_is_the_run_in_one[ppo]",
    ),
]
"""The critic and its advantages."""

PLAY = [
    Error(
        "H and C of different times are measured under one range",
        "intervention/turns.py",
        "gamma = abs(phi - self._level(*self._previous, common))",
        "gamma = abs(phi - self._level(*self._previous, self._bounds))",
        f"{INTERVENTION}::test_both_turns_are_measured_under_one_range",
    ),
    Error(
        "a change of M is measured under one range",
        "uncertainty/ranges.py",
        "h = (now[0] - before[0]) / h_span if h_span > 0.0 else 0.0",
        "h = now[0] / h_span - before[0] if h_span > 0.0 else 0.0",
        "tests/baselines/uncertainty/test_uncertainty.py::"
        "test_change_is_the_difference_of_two_measures",
    ),
    Error(
        "finished episodes make no turns",
        "rollout/collecting.py",
        "live = [number for number, episode in enumerate(episodes) if episode.live]",
        "live = list(range(len(episodes)))",
        f"{ROLLOUT}::test_trap_09_only_live_episodes_generate",
    ),
    Error(
        "rejected candidates never enter the running range",
        "intervention/turns.py",
        "        common = self._bounds.copy()\n        common.update_all(h, c)\n",
        "        common = self._bounds\n        common.update_all(h, c)\n",
        f"{INTERVENTION}::test_rejected_candidates_leave_no_trace",
    ),
    Error(
        "rejected candidates never become the turn to compare with",
        "rollout/episodes.py",
        "        candidate.tries += 1\n",
        "        candidate.tries += 1\n        monitor.accept(entropy, confidence)\n",
        f"{ROLLOUT}::test_a_rejected_candidate_is_not_what_the_next_try_is_compared_with",
    ),
    Error(
        "rejected tokens are paid for",
        "rollout/episodes.py",
        "candidate.rejected_tokens += reply.num_tokens",
        "candidate.rejected_tokens += 0",
        f"{ROLLOUT}::test_rejected_turns_leave_the_environment_alone",
    ),
    Error(
        "every try has a seed of its own",
        "rollout/episodes.py",
        "len(episode.turns), candidate.tries)",
        "len(episode.turns), 0)",
        f"{ROLLOUT}::test_rejected_turns_leave_the_environment_alone",
    ),
    Error(
        "every member has a seed of its own",
        "rollout/episodes.py",
        "plan.first_group + episode.group, episode.member, len",
        "plan.first_group + episode.group, 0, len",
        f"{RUN}::test_trap_14_group_members_share_task_and_first_state_and_nothing_else",
    ),
    Error(
        "members of a group start in one environment state",
        "../t2po_gym/core/many/vector.py",
        "env.reset(seed=seeds[group], options",
        "env.reset(seed=seeds[group] + len(results), options",
        f"{RUN}::test_members_of_a_group_are_reset_with_one_seed",
    ),
    Error(
        "every step plays other tasks",
        "evaluation.py",
        "place = (seed, TRAIN_STREAM, step, draw) if draw else (seed, TRAIN_STREAM, step)",
        "place = (seed, TRAIN_STREAM, 0, draw) if draw else (seed, TRAIN_STREAM, 0)",
        f"{RUN}::test_a_rollout_is_played_as_the_settings_say",
    ),
    Error(
        "the run's seed decides about tasks",
        "evaluation.py",
        "config, seed = player.config, player.config.run.seed\n    place",
        "config, seed = player.config, 0\n    place",
        f"{RUN}::test_the_seed_of_the_run_changes_tasks_and_samples",
    ),
    Error(
        "evaluation never resamples",
        "evaluation.py",
        "            vocab_size=player.vocab_size,\n        )\n        groups",
        "            vocab_size=player.vocab_size,\n"
        "            turn_rule=config.turns.rule(0.5),\n        )\n        groups",
        f"{RUN}::test_evaluation_never_resamples_and_decodes_as_the_settings_say",
    ),
    Error(
        "evaluation samples at its own temperature",
        "evaluation.py",
        "temperature=how.temperature,",
        "temperature=config.rollout.temperature,",
        f"{RUN}::test_evaluation_never_resamples_and_decodes_as_the_settings_say",
    ),
    Error(
        "rollouts sample at the rollout's temperature",
        "evaluation.py",
        "            temperature=config.rollout.temperature,\n            signal=config.signal,\n"
        "            thinking=thinking,",
        "            temperature=1.0,\n            signal=config.signal,\n"
        "            thinking=thinking,",
        f"{RUN}::test_a_rollout_is_played_as_the_settings_say",
    ),
    Error(
        "TTI can be switched off",
        "t2po_train.py",
        "if config.thinking.enabled else None",
        "if True else None",
        f"{LOOPS}::test_each_of_the_two_mechanisms_has_a_switch",
    ),
    Error(
        "TDS can be switched off",
        "t2po_train.py",
        "if config.turns.enabled else None",
        "if True else None",
        f"{LOOPS}::test_each_of_the_two_mechanisms_has_a_switch",
    ),
    Error(
        "dynamic sampling draws again",
        "run/training.py",
        "for draw in range(max(1, how.dynamic_sampling)):",
        "for draw in range(1):",
        f"{RUN}::test_dynamic_sampling_draws_until_enough_groups_have_contrast",
    ),
    Error(
        "an invalid reward stops the run",
        "rollout/episodes.py",
        "if not math.isfinite(result.reward):",
        "if False:",
        f"{FAILURES}::test_a_reward_that_is_no_number_stops_the_run",
    ),
    Error(
        "a forced token takes the place of the candidate",
        "sampling/generation.py",
        "tokens[b] = token\n",
        "pass\n",
        f"{GENERATION}::test_forced_tokens_are_the_queue_and_carry_nothing",
    ),
    Error(
        "an engine's replies draw from streams of their own, place by place",
        "engine/writing.py",
        "row.draws[row.place]",
        "row.draws[0]",
        f"{WRITING}::test_decisions_are_the_decoders",
    ),
    Error(
        "places that an engine shows again are decided again",
        "engine/writing.py",
        "if place < self.place:",
        "if False:",
        f"{WRITING}::test_decisions_are_the_decoders",
    ),
    Error(
        "an engine gets the new weights after every update",
        "run/training.py",
        "            self.player.generator.push(self.policy)\n",
        "            pass\n",
        f"{ENGINE_RUNS}::test_weights_follow_every_update_and_the_engine_sleeps_meanwhile",
    ),
]
"""How episodes are played."""

RUNS = [
    Error(
        "the optimiser's state is saved",
        "run/training.py",
        "parts = {name: part.state_dict() for name, part in self._parts.items()}",
        "parts: dict[str, Any] = {}",
        f"{RUN}::test_a_run_in_two_parts_is_the_run_in_one[gigpo]",
    ),
    Error(
        "the reference is the start of RL, also after a resume",
        "run/training.py",
        'str(self.folder.checkpoints / "step-000000")',
        "str(checkpoint.latest(self.folder.checkpoints))",
        f"{RUN}::test_the_reference_is_the_start_of_rl_also_after_a_resume",
    ),
    Error(
        "the best checkpoint is that of the best dev panel, not of the last",
        "run/panels.py",
        "if result.success <= state.best_success:",
        "if False:",
        f"{RUN}::test_the_best_checkpoint_is_the_best_and_not_the_last",
    ),
    Error(
        "`select best` plays the best weights",
        "run/training.py",
        'best = folder.checkpoints / f"step-{taken:06d}"',
        "best = checkpoint.latest(folder.checkpoints)",
        f"{RUN}::test_the_best_checkpoint_is_the_best_and_not_the_last",
    ),
    Error(
        "the token budget counts what was drawn in vain",
        "run/training.py",
        "episodes = [t for g in self._played for t in g.trajectories]",
        "episodes = [t for g in self._played[:2] for t in g.trajectories]",
        f"{RUN}::test_dynamic_sampling_draws_until_enough_groups_have_contrast",
    ),
    Error(
        "the learning rate follows the token budget",
        "run/training.py",
        "return run.steps * min(1.0, self.state.tokens / run.token_budget)",
        "return float(self.state.step)",
        f"{RUN}::test_a_token_budget_ends_the_run_and_sets_the_learning_rate",
    ),
    Error(
        "the quantile of epsilon moves the threshold",
        "evaluation.py",
        "threshold_at(known, how.epsilon_quantile)",
        "threshold_at(known, 0.1)",
        f"{RUN}::test_quantiles_move_the_thresholds",
    ),
    Error(
        "useful tokens are those of turns with an advantage",
        "update.py",
        "taught = [row for row in rows if abs(row.advantage) >= NO_ADVANTAGE]",
        "taught = list(rows)",
        f"{RUN}::test_useful_tokens_are_those_of_turns_with_an_advantage",
    ),
]
"""The run."""

MEMORY = [
    Error(
        "a chunk's gradient reaches the states through the temperature",
        "losses/chunked.py",
        "narrow = dz.div_(ctx.temperature).to(states.dtype)",
        "narrow = dz.to(states.dtype)",
        f"{CHUNKED}::test_gradients_are_the_derivatives",
    ),
    Error(
        "every chunk adds to the gradient of the head",
        "losses/chunked.py",
        "total.addmm_(left, right)",
        "torch.mm(left, right, out=total)",
        f"{CHUNKED}::test_gradients_are_the_derivatives",
    ),
    Error(
        "a head that does more than a product keeps whole logits",
        "policy/head.py",
        '(seen["logits"], logits))',
        "(logits, logits))",
        "tests/baselines/policy/test_head.py::test_a_head_that_does_more_keeps_whole_logits",
    ),
    Error(
        "layers that are computed again share no cache",
        "policy/model.py",
        "return not (recomputing or is_cut(self.model)) and",
        "return not is_cut(self.model) and",
        "tests/baselines/policy/test_recompute.py::test_gradients_are_equal",
    ),
    Error(
        "the reference has no adapter",
        "policy/reference.py",
        "with self._policy.adapter.disable_adapter():",
        "if True:",
        "tests/baselines/policy/test_lora.py::test_the_reference_is_the_model_without_its_adapter",
    ),
    Error(
        "trainer and sampler are compared before the correction",
        "update.py",
        "totals.disagreement(own - sampler, batch.loss_mask)",
        "totals.disagreement(own - own, batch.loss_mask)",
        f"{MEMORY_RUNS}::test_bfloat16_reports_the_gap_to_its_sampler",
    ),
    Error(
        "a bfloat16 critic's gradients are clipped where they are",
        "critic.py",
        "stepped_weights(self.network, self.optimizer), how.grad_clip",
        "self.network.parameters(), how.grad_clip",
        f"{CRITIC}::test_the_gradients_of_a_bfloat16_critic_are_clipped",
    ),
]
"""What saves memory."""

PROCESSES = [
    Error(
        "gradients of several processes are added up",
        "update.py",
        "torch.autograd.backward(value * here().size)",
        "torch.autograd.backward(value)",
        f"{PROCESSES_TEST}::test_an_update_is_the_same_in_two_processes",
    ),
    Error(
        "metrics are those of all processes",
        "update.py",
        "        totals.of_all()\n",
        "",
        f"{PROCESSES_TEST}::test_an_update_is_the_same_in_two_processes",
    ),
    Error(
        "nothing is learned from the rows that fill up a process's share",
        "collate.py",
        "return replace(row, loss_mask=np.zeros_like(row.loss_mask), advantage=0.0)",
        "return row",
        f"{PROCESSES_TEST}::test_an_update_is_the_same_in_two_processes",
    ),
    Error(
        "a saved state is read into the pieces of this process",
        "parallel/parts.py",
        "load(blank, checkpoint_id=place, no_dist=alone)",
        "pass",
        f"{PROCESSES_TEST}::test_a_run_goes_on_in_another_number_of_processes",
    ),
    Error(
        "groups keep their number among all when processes share them",
        "rollout/plan.py",
        "first_group=self.first_group + groups.start,",
        "first_group=self.first_group,",
        f"{PROCESSES_TEST}::test_a_run_has_the_same_metrics_in_two_processes",
    ),
]
"""Many processes."""

ERRORS = [*POLICY, *ESTIMATORS, *PPO, *PLAY, *RUNS, *MEMORY, *PROCESSES]
