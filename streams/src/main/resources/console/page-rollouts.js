// Rollouts: how far changed terms have come, what the gates see, and an operator's hand on them.
import { ask, badge, empty, facts, h, link, number, percent, show, time, words } from './dom.js';
import { get, isOperator, post, watch } from './api.js';

const PHASES = { RUNNING: 'warn', RESTING: 'warn', WAITING: 'warn', PAUSED: 'bad',
  COMPLETE: 'good', ROLLED_BACK: 'bad', ABORTED: 'bad', SUPERSEDED: '' };

// What may be asked of a rollout in each phase.
const ACTIONS = { RUNNING: ['pause', 'abort'], RESTING: ['pause', 'abort'],
  WAITING: ['approve', 'pause', 'abort'], PAUSED: ['resume', 'abort'] };

const SAYS = {
  pause: 'No further wave starts; devices that have the new terms keep them.',
  resume: 'It goes on where it was paused, watched anew.',
  approve: 'The wave that waits for it may start.',
  abort: 'The last good terms return to all devices.',
};

function order(rollout, action, done) {
  const title = `${action[0].toUpperCase()}${action.slice(1)} the rollout of ${rollout.cohort}`;
  return h('button', { type: 'button', class: action === 'abort' ? 'stop' : '', onclick: () =>
    ask(title, SAYS[action], [{ name: 'comment', label: 'Why (optional)', max: 500 }],
      words(action), async ({ comment }) => {
        const { said } = await post(`rollouts/${encodeURIComponent(rollout.cohort)}`,
          { rollout: rollout.id, action, comment });
        done();
        return said;
      }) }, action);
}

function stages(rollout) {
  const over = rollout.phase === 'COMPLETE';
  const failed = rollout.phase === 'ROLLED_BACK' || rollout.phase === 'ABORTED';
  return h('ol', { class: 'stages', 'aria-label': 'Stages' },
    Array.from({ length: rollout.stages }, (_, i) => {
      const state = over || i < rollout.stage ? 'done'
        : i > rollout.stage ? 'later' : failed ? 'failed' : 'now';
      return h('li', { class: state }, `${i ? `wave ${i}` : 'canaries'}: ${state}`);
    }));
}

// Against the others in the same rounds; what is sure is what chance cannot explain.
function accuracy(loss, sure) {
  if (loss === null) return 'not known yet';
  const points = (share) => `${(100 * Math.abs(share)).toFixed(1)} points`;
  return loss <= 0 ? `${points(loss)} better than the others'`
    : `${points(loss)} lost, ${sure > 0 ? points(sure) + ' for sure' : 'which may be chance'}`;
}

function gate(rollout) {
  const rate = (errors, samples) => samples > 0 ? percent(errors / samples) : '–';
  return facts([
    ['Error with the new terms', `${rate(rollout.errors, rollout.samples)}, expected `
      + `${rate(rollout.errorsExpected, rollout.samples)}, of ${number(rollout.samples)} samples`],
    ['Error of the others', `${rate(rollout.otherErrors, rollout.otherSamples)}, expected `
      + `${rate(rollout.otherErrorsExpected, rollout.otherSamples)}`],
    ['Accuracy', accuracy(rollout.accuracyLoss, rollout.accuracyLossSure)],
    ['Answers', `${rollout.applied} applied, ${rollout.pending} pending, ${rollout.failed} failed`],
    ['Rounds', `${rollout.soakedRounds} soaked of ${rollout.stageRounds} in this stage`],
    ['Terms', `of policy version ${rollout.policyVersion}, before: ${rollout.basePolicyVersion}`],
    ['Last step', h('span', {}, time(rollout.updatedAtMs), ` by ${rollout.steppedBy}`)],
    ['Canaries', h('span', {}, rollout.canaries.flatMap((d) => [link(d, 'device', d), ' ']))],
  ]);
}

// Figures change in place; buttons stay the same elements while the phase is the same.
function panel(rollout, again) {
  const actions = isOperator() ? ACTIONS[rollout.phase] || [] : [];
  const said = h('p');
  const how = h('span');
  const bar = h('progress');
  const figures = h('div');
  const root = h('article', { class: 'panel' },
    h('header', {}, h('h3', {}, link(rollout.cohort, 'cohort', rollout.cohort)),
      badge(words(rollout.phase), PHASES[rollout.phase]),
      h('span', { class: 'push' }),
      h('span', { class: 'small' }, `${rollout.id}, since `, time(rollout.startedAtMs))),
    said, stages(rollout), h('label', {}, how, bar), figures,
    actions.length > 0 && h('div', { class: 'acts', role: 'group',
      'aria-label': `Rollout of ${rollout.cohort}` },
    actions.map((a) => order(rollout, a, again))));
  const draw = (now) => {
    said.textContent = now.sentence;
    how.textContent = `${now.exposed} of ${now.devices} devices have the new terms, `
      + `${now.target} may`;
    bar.max = Math.max(1, now.devices);
    bar.value = now.exposed;
    show(figures, gate(now));
  };
  draw(rollout);
  return { root, rollout, draw };
}

export async function rolloutsPage(main, _, __, again) {
  const { rollouts } = await get('rollouts');
  const panels = new Map(rollouts.map((r) => [r.cohort, panel(r, again)]));
  show(main, h('h1', {}, 'Rollouts'), panels.size
    ? h('div', { class: 'list' }, [...panels.values()].map((p) => p.root))
    : empty('No policy with a rollout has changed terms yet.'));
  watch([]);
  return {
    rollout(now) {
      const known = panels.get(now.cohort);
      const same = known && known.rollout.id === now.id && known.rollout.phase === now.phase
        && known.rollout.stage === now.stage;
      if (same) known.draw(now);
      return same || document.querySelector('dialog') ? null : 'again';
    },
  };
}
