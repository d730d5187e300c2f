// Policies: what is in force, every version, and stopping the fleet.
import { ask, badge, empty, h, link, show, table, time } from './dom.js';
import { get, isOperator, post, watch } from './api.js';

export const nameOf = (cohort) => cohort === '*' ? 'all others (*)' : cohort;

function stop(cohort, done) {
  ask(cohort ? `Freeze ${cohort}` : 'Freeze the whole fleet',
    'All training stops with the next round. Devices go on classifying and reporting.',
    [{ name: 'comment', label: 'Why', max: 300 }], 'Freeze',
    async ({ comment }) => {
      const { said } = await post('freeze', { cohort: cohort || '', comment });
      done();
      return said;
    });
}

function goOn(cohort, done) {
  ask(cohort ? `Thaw ${cohort}` : 'Thaw the whole fleet',
    'Undoes what freeze did; policies that are frozen by their own file stay frozen.', [], 'Thaw',
    async () => {
      const { said } = await post('thaw', { cohort: cohort || '' });
      done();
      return said;
    });
}

const FATES = { 'in force': 'good', replaced: '' };

const fate = (p) => p.fate.startsWith('refused') ? [badge('refused', 'bad'), ' ', p.fate.slice(9)]
  : badge(p.fate, FATES[p.fate]);

export async function policiesPage(main, _, __, again) {
  const { policies, history } = await get('policies');
  const acts = (p) => h('span', { class: 'acts' },
    h('a', { class: 'button', href: `#/edit/${encodeURIComponent(p.cohort)}`,
      'aria-label': `Edit the policy of ${nameOf(p.cohort)}` }, 'Edit'),
    p.frozen ? h('button', { type: 'button', onclick: () => goOn(p.cohort, again) }, 'Thaw')
      : h('button', { type: 'button', class: 'stop', onclick: () => stop(p.cohort, again) },
        'Freeze'));
  const line = (p) => [nameOf(p.cohort),
    link(`version ${p.version}`, 'policy', p.cohort, String(p.version)),
    time(p.appliedAtMs), p.author, p.comment];
  const heads = [['Cohort'], ['Version'], ['Applied'], ['By'], ['Comment', 'wrap']];
  const own = h('input', { maxlength: 32, required: true, placeholder: 'cohort' });
  show(main, h('h1', {}, 'Policies'),
    isOperator() && h('form', { class: 'bar', onsubmit: (event) => {
      event.preventDefault();
      location.hash = `#/edit/${encodeURIComponent(own.value)}`;
    } },
    h('button', { type: 'button', class: 'stop', onclick: () => stop('', again) },
      'Freeze the fleet …'),
    h('button', { type: 'button', onclick: () => goOn('', again) }, 'Thaw the fleet …'),
    h('span', { class: 'push' }),
    h('label', {}, 'A policy of its own for', own), h('button', { type: 'submit' }, 'Write …')),
    policies.length
      ? table('In force',
        [...heads, ['State'], ['Silences', 'num'], ...isOperator() ? [['Act']] : []],
        policies.map((p) => [...line(p),
          p.frozen ? badge('frozen', 'bad') : badge('may train', 'good'), p.silences || '–',
          ...isOperator() ? [acts(p)] : []]))
      : h('div', { class: 'empty' }, h('p', {},
        'No policy was applied: the built-in one holds for every cohort.'),
      isOperator() && h('a', { class: 'button', href: '#/edit/*' }, 'Write one for all')),
    h('h2', {}, 'History'),
    history.length ? table('Every version, the last one first', [...heads, ['Fate', 'wrap']],
      history.map((p) => [...line(p), fate(p)]))
      : empty('No policy was ever applied.'));
  watch([]);
  return {};
}

export const changes = (rows, caption) => table(caption,
  [['Setting'], ['Before', 'wrap'], ['After', 'wrap']],
  rows.map((d) => [h('code', {}, d.path), h('del', {}, d.before), h('ins', {}, d.after)]));

export async function policyPage(main, [cohort, version]) {
  const policy = await get(`policies/${encodeURIComponent(cohort)}/${encodeURIComponent(version)}`);
  show(main, h('h1', {}, `Policy of ${nameOf(cohort)}, version ${policy.version}`),
    h('div', { class: 'bar' }, fate(policy),
      h('span', {}, 'applied ', time(policy.appliedAtMs), ` by ${policy.author}: `,
        policy.comment || 'no comment'),
      h('span', { class: 'push' }),
      isOperator() && (policy.fate === 'in force'
        ? h('a', { class: 'button', href: `#/edit/${encodeURIComponent(cohort)}` }, 'Edit')
        : h('a', { class: 'button', href: `#/edit/${encodeURIComponent(cohort)}?version=`
          + policy.version }, 'Restore this version …'))),
    policy.changes && [h('h2', {}, `What differs from version ${policy.beforeVersion}`),
      policy.changes.length ? changes(policy.changes, 'Differences')
        : empty('Nothing but version, author and comment.')],
    h('h2', {}, 'The whole policy'), h('pre', { tabindex: '0', class: 'tall' }, policy.yaml));
  watch([]);
  return {};
}
